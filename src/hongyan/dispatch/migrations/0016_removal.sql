-- Submissions whose messages have been taken away, or are being: their sums stay, and there is nothing to count beside them.
create table dispatch_removal (
    submission_id bigint primary key,
    began_at timestamptz not null,
    -- Null while it goes on.
    ended_at timestamptz,
    messages bigint not null default 0
);
create index dispatch_removal_under_way on dispatch_removal (submission_id) where ended_at is null;

create or replace function dispatch_imbalances(oldest bigint)
returns table (submission_id bigint, state text, reason text, tallied bigint, counted bigint)
language sql stable as $$
    with kept as (
        select t.submission_id, t.state, t.reason, sum(t.messages)::bigint as messages
        from dispatch_tally t where t.submission_id >= oldest group by 1, 2, 3
    ), found as (
        select m.submission_id, m.state, m.reason, count(*) as messages
        from dispatch_message m where m.submission_id >= oldest group by 1, 2, 3
    )
    select submission_id, state, reason, coalesce(kept.messages, 0), coalesce(found.messages, 0)
    from kept full join found using (submission_id, state, reason)
    where coalesce(kept.messages, 0) <> coalesce(found.messages, 0)
      and submission_id not in (select r.submission_id from dispatch_removal r)
    order by submission_id, state, reason
$$;
