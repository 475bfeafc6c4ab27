-- Every id that a customer may ask about, or take back, for some days (CMPP, SMGP, SMPP).
create table doors_given (
    door_id integer not null,
    carrier_id text not null,
    -- As it was planned; it may have moved since. 0: taken back before it was.
    message_id bigint not null,
    -- Which of the numbers of its submit.
    place smallint not null,
    service text not null default '',
    submitted_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0.1);
create index doors_given_id on doors_given (carrier_id);
-- Rows stand in the order of time, so that little says where a day is.
create index doors_given_day on doors_given using brin (submitted_at) with (pages_per_range = 16);

-- Replies that customers have taken, by day.
create table doors_replied (
    door_id integer not null,
    day date not null,
    replies integer not null,
    primary key (door_id, day)
);

-- What the customer calls the service; its figures may be asked by it.
alter table doors_part add column service text not null default '';
alter table doors_scheduled add column service text not null default '';
