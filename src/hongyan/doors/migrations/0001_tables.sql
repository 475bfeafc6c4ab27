-- A node number for each start of a process: part of the ids it gives, so that no two processes give the same.
create sequence doors_node as integer cycle;

-- What a customer submitted, durable before it is answered, until planning has made messages of it.
create table doors_part (
    id bigint generated always as identity,
    door_id bigint not null,
    -- As in dispatch_batch; verification is planned by itself, so that nothing keeps it waiting.
    lane smallint not null,
    source text not null,
    -- By blanks: E.164 numbers, the same as the customer wrote them, the ids it was given.
    numbers text not null,
    written text not null,
    ids text not null,
    content text not null,
    -- One of one where the text is whole.
    reference integer not null,
    total smallint not null,
    part smallint not null,
    wants_report boolean not null,
    validity_minutes integer,
    received_at timestamptz not null default now(),
    primary key (lane, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
-- Parts that wait for others of their text.
create index doors_part_of_long on doors_part (door_id, source, numbers, reference, total) where total > 1;

-- The last gathering of each process: what a kill may have left unanswered.
create table doors_gathering (
    node integer primary key,
    taken text not null,
    at timestamptz not null default now()
);

-- The ids that wait for a message's outcome.
create table doors_receipt (
    message_id bigint not null,
    door_id bigint not null,
    carrier_id text not null,
    number text not null,
    -- Then the customer hears that nobody knows: no word of the carrier, or the line broke while sending.
    give_up_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
create index doors_receipt_message on doors_receipt (message_id);
create index doors_receipt_give_up on doors_receipt (give_up_at);

-- Receipts and replies that the customer has not answered yet, in the order they go to it.
create table doors_delivery (
    id bigint generated always as identity primary key,
    door_id bigint not null,
    is_reply boolean not null default false,
    -- Of a receipt: the id the customer was given; of a reply: empty, its row's id serves.
    carrier_id text not null default '',
    -- As the customer wrote it; of a reply: the phone.
    number text not null,
    -- delivered, failed or expired, with the code in the door's protocol.
    outcome text not null default '',
    code text not null default '',
    service_number text not null default '',
    text text not null default '',
    reference integer not null default 0,
    total smallint not null default 1,
    part smallint not null default 1,
    at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index doors_delivery_of_door on doors_delivery (door_id, id);

create table doors_connection (
    id bigint generated always as identity primary key,
    door_id bigint not null,
    node text not null,
    peer text not null,
    since timestamptz not null default now(),
    window_used integer not null default 0,
    waiting_answers integer not null default 0,
    per_second real not null default 0,
    updated_at timestamptz not null default now(),
    trace jsonb,
    traced_at timestamptz,
    constraint doors_connection_is_one unique (node, peer)
);

create table doors_refusal (
    id bigint generated always as identity primary key,
    door_id bigint,
    family text not null,
    peer text not null,
    what text not null,
    reason text not null,
    code text not null default '',
    times integer not null default 1,
    at timestamptz not null default now()
);
create index doors_refusal_of_door on doors_refusal (door_id, id);
