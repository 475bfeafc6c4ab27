-- The kept sums beside a real count, line by line: one statement, so one moment, also while it is being sent.
create function dispatch_balance(submission bigint)
returns table (state text, reason text, tallied bigint, counted bigint, tallied_micros bigint, counted_micros bigint)
language sql stable as $$
    with kept as (
        select t.state, t.reason, sum(t.messages)::bigint as messages, sum(t.price_micros)::bigint as micros
        from dispatch_tally t where t.submission_id = submission group by 1, 2
    ), found as (
        select m.state, m.reason, count(*) as messages, sum(m.price_micros)::bigint as micros
        from dispatch_message m where m.submission_id = submission group by 1, 2
    )
    select state, reason, coalesce(kept.messages, 0), coalesce(found.messages, 0), coalesce(kept.micros, 0), coalesce(found.micros, 0)
    from kept full join found using (state, reason)
    where coalesce(kept.messages, 0) <> 0 or coalesce(found.messages, 0) <> 0
       or coalesce(kept.micros, 0) <> coalesce(found.micros, 0)
    order by state, reason
$$;

-- The same for all submissions from `oldest` on: only what does not agree. Empty is what it should be.
create function dispatch_imbalances(oldest bigint)
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
    order by submission_id, state, reason
$$;

-- How far a large submission was, every ten seconds: what plots and speeds are read from. Written from the tally by the
-- sweep, never by the gateway.
create table dispatch_flow (
    submission_id bigint not null,
    at timestamptz not null,
    handed_over bigint not null,
    delivered bigint not null,
    not_delivered bigint not null,
    primary key (submission_id, at)
);
