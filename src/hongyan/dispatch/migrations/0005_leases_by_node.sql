-- A gateway that stops beating loses its leases: no column needs renewing, and a watermark's update stays HOT.
drop index dispatch_batch_leased;
alter table dispatch_batch drop column lease_until;
create index dispatch_batch_leased on dispatch_batch (leased_by) where state = 'leased';

-- Gateways take turns between departments inside a lane.
drop index dispatch_batch_ready;
create index dispatch_batch_ready on dispatch_batch (channel_id, lane, department_id, id) where state = 'ready';

alter table dispatch_parked_report add column tried_at timestamptz not null default now();

-- A batch's messages lie together and are updated together: with less than half a page free, the new versions would go to
-- other pages and into all indexes again. Measured: 8 microseconds an update at 70, 4 at 45.
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
        execute format('create table dispatch_message_%s partition of dispatch_message for values from (%s) to (%s) with (fillfactor = 45)',
            yymm, low, low + 1000000000000);
    end if;
    if to_regclass('dispatch_segment_' || yymm) is null then
        execute format('create table dispatch_segment_%s partition of dispatch_segment for values from (%s) to (%s) with (fillfactor = 90)',
            yymm, low, low + 1000000000000);
    end if;
end $$;
