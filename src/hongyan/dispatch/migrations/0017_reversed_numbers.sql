-- Messages are looked up by their number read backwards: one index, no larger than before, then answers for a whole number
-- and for its last digits, which is what people know of each other's. `text_pattern_ops` compares octets in any locale.
do $$
declare
    old record;
begin
    for old in
        select i.indexrelid::regclass as index, i.indrelid::regclass as month, i.indnatts = 1 as is_packed
        from pg_index i join pg_class c on c.oid = i.indrelid
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'number'
        where c.relname ~ '^dispatch_message_[0-9]{4}(_copy)?$' and i.indkey[0] = a.attnum
    loop
        execute format('drop index %s', old.index);
        if old.is_packed then
            execute format('create index on %s (reverse(number) text_pattern_ops) with (fillfactor = 100)', old.month);
        else
            execute format('create index on %s (reverse(number) text_pattern_ops, id)', old.month);
        end if;
        -- How often a number comes is known of an expression only once somebody has looked.
        execute format('analyze %s', old.month);
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
        execute format('create index on dispatch_message_%s (reverse(number) text_pattern_ops, id)', yymm);
    end if;
    if to_regclass('dispatch_segment_' || yymm) is null then
        execute format('create table dispatch_segment_%s partition of dispatch_segment for values from (%s) to (%s) with (fillfactor = 90)',
            yymm, low, low + 1000000000000);
    end if;
end $$;
