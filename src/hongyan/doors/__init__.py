"""Customers' doors: their systems log in to us over the carriers' own protocols, as we do to carriers.

The road of a submit: `entrance` (login, limits, what may be sent) -> `intake` (written and committed, then answered) ->
`planning` (parts joined, screened, routed, written as messages of a submission that stays open for an hour) -> the
gateway. The way back: what `dispatch` says of outcomes becomes receipts (`receipts`), what phones write becomes replies
(`replies`); both wait in `doors_delivery` until the customer has answered them (`delivery`).
"""
