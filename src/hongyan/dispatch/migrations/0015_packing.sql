-- Indexes belong to each partition: a closed month that has been packed has others than the one that is being written.
-- Taking a partition off keeps its indexes, so nothing is built anew; putting it back reads it once.
do $$
declare
    part record;
    parts text[] := '{}';
begin
    for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'dispatch_message'::regclass order by 1
    loop
        execute format('alter table dispatch_message detach partition %I', part.relname);
        parts := parts || part.relname::text;
    end loop;
    alter table dispatch_message drop constraint dispatch_message_pkey;
    drop index dispatch_message_submission, dispatch_message_number;
    for place in 1 .. cardinality(parts) loop
        execute format('alter table dispatch_message attach partition %I for values from (%s) to (%s)', parts[place],
            right(parts[place], 4)::bigint * 1000000000000, (right(parts[place], 4)::bigint + 1) * 1000000000000);
    end loop;
end $$;

create or replace function dispatch_ensure_partition(at timestamptz) returns void language plpgsql as $$
declare
    yymm text := to_char(at at time zone 'UTC', 'YYMM');
    low bigint := yymm::bigint * 1000000000000;
begin
    if to_regclass('dispatch_message_' || yymm) is not null and to_regclass('dispatch_segment_' || yymm) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('dispatch_ensure_partition'));
    if to_regclass('dispatch_message_' || yymm) is null then
        execute format('create table dispatch_message_%s partition of dispatch_message (primary key (id)) for values from (%s) to (%s) with (fillfactor = 45)',
            yymm, low, low + 1000000000000);
        execute format('create index on dispatch_message_%s (submission_id, id)', yymm);
        execute format('create index on dispatch_message_%s (number, id)', yymm);
    end if;
    if to_regclass('dispatch_segment_' || yymm) is null then
        execute format('create table dispatch_segment_%s partition of dispatch_segment for values from (%s) to (%s) with (fillfactor = 90)',
            yymm, low, low + 1000000000000);
    end if;
end $$;

-- A closed month on its way to its packed form; `dispatch/packing.py` says what each state stands for.
create table dispatch_packing (
    -- As ids begin: 2609.
    month integer primary key,
    state text not null constraint dispatch_packing_state check (state in ('waiting', 'copying', 'copied', 'packed')),
    -- Messages that keep the month open while it is `waiting`.
    waits_for bigint not null default 0,
    -- Ids up to this one stand in the copy.
    copied_until bigint not null default 0,
    copied bigint not null default 0,
    messages bigint not null default 0,
    -- Taken out of it since it was packed.
    removed bigint not null default 0,
    octets_before bigint not null default 0,
    octets_after bigint not null default 0,
    began_at timestamptz,
    packed_at timestamptz
);

-- What changed in a month while it was being copied.
create table dispatch_packing_changed (id bigint not null);
create function dispatch_note_changed() returns trigger language plpgsql as $$
begin
    insert into dispatch_packing_changed (id) values (coalesce(old.id, new.id));
    return null;
end $$;

-- The segments of the messages from `first_id` to `last_id` of a packed month; written and read by `dispatch/packed.py`.
create table dispatch_packed_segments (
    first_id bigint primary key,
    last_id bigint not null,
    payload bytea not null
);
alter table dispatch_packed_segments alter payload set storage external;
