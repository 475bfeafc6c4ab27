"""The tables between planning and wire, with two faces: values and named SQL for the gateway, Django models for pages.

How the tables tell a message's life, and why they are as they are:

- A *batch* is up to 1,000 messages of one submission, channel and priority; gateways lease batches, never messages.
  Its id says the month: `yymm * 10^9 + serial`. A message's id is `batch id * 1000 + position`, so a batch's messages
  are one primary-key range, a month's messages one partition, and no message row names its batch.
- `watermark` of a batch: positions below it may have left; it is written before the bytes go. After a crash, messages
  below it that have no submitted segment are `uncertain`; the ones above go on.
- A message row is written by COPY, then updated by primary key: `queued` -> `submitted` -> outcome. No index holds a
  column that these updates touch and the pages have room, so they stay HOT.
- The carrier's ids are appended to `dispatch_segment`; receipts find their message there by (channel, carrier id). Its
  state is kept for the segments of long messages only: of a single one the message says everything.
- `dispatch_tally` holds the sums of a submission by channel, day, state and reason; each change of messages changes it
  in the same transaction, so the sums always agree and no page ever counts messages.
"""
