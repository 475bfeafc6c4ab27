-- What is to go out later waits by itself, so that nobody walks over it who looks for what is due now.
create table doors_scheduled (
    id bigint generated always as identity primary key,
    due_at timestamptz not null,
    door_id bigint not null,
    lane smallint not null,
    source text not null,
    numbers text not null,
    written text not null,
    ids text not null,
    content text not null,
    alphabet text not null,
    reference integer not null,
    total smallint not null,
    part smallint not null,
    wants smallint not null,
    validity_minutes integer,
    user_reference integer,
    submitted_at timestamptz not null default now()
);
create index doors_scheduled_due on doors_scheduled (due_at);
create index doors_scheduled_of_door on doors_scheduled (door_id, due_at);

-- 0 none, 1 all, 2 of failures, 3 of successes (`protocols.events.Wanted`).
alter table doors_part alter column wants_report type smallint using wants_report::int;
alter table doors_part rename column wants_report to wants;
alter table doors_part
    -- The customer's own number for it, which its receipts repeat.
    add column user_reference integer,
    -- Of what was scheduled, long before it was received here.
    add column submitted_at timestamptz not null default now();

alter table doors_receipt
    add column wants smallint not null default 1,
    -- The number that the submit came from.
    add column source text not null default '',
    add column user_reference integer,
    add column submitted_at timestamptz;

-- A receipt's service_number is where its submit came from.
alter table doors_delivery add column user_reference integer, add column submitted_at timestamptz;
