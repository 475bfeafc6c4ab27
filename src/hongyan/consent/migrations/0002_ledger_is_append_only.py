from django.db import migrations

# Fields are packed with their lengths, so that no two lines read alike. Lines are numbered and chained one after the
# other, whoever writes them: the lock is held until the writer's commit, and the line before is looked up behind it.
LEDGER = """
create function consent_packed(variadic fields text[]) returns bytea language sql immutable as $$
    select convert_to(string_agg(octet_length(coalesce(field, '')) || ':' || coalesce(field, ''), '' order by nth), 'UTF8')
    from unnest(fields) with ordinality as f(field, nth)
$$;
create function consent_digest(e consent_consentevent) returns text language sql immutable as $$
    select encode(sha256(consent_packed(e.salt, e.number, e.evidence, e.wording, e.operator)), 'hex')
$$;
create function consent_hash(e consent_consentevent) returns text language sql stable as $$
    select encode(sha256(consent_packed(
        e.previous, e.id::text, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.act, e.topic, e.source,
        e.frequency, to_char(e.until, 'YYYY-MM-DD'), e.file_sha256, e.digest)), 'hex')
$$;
create function consent_chain() returns trigger language plpgsql as $$
declare
    last_id bigint;
    last_hash text;
begin
    perform pg_advisory_xact_lock(1668246899, 1);
    select id, hash into last_id, last_hash from consent_consentevent order by id desc limit 1;
    new.id := coalesce(last_id, 0) + 1;
    new.previous := coalesce(last_hash, repeat('0', 64));
    new.salt := replace(gen_random_uuid()::text, '-', '');
    new.digest := consent_digest(new);
    new.hash := consent_hash(new);
    return new;
end $$;
create function consent_stands() returns trigger language plpgsql as $$
begin
    insert into consent_standing as s (number, topic, is_given, until, event_id)
    values (new.number, new.topic, new.act = 'given', new.until, new.id)
    on conflict (number, topic) do update
    set is_given = excluded.is_given, until = excluded.until, event_id = excluded.event_id;
    return null;
end $$;
create function consent_refuses() returns trigger language plpgsql as $$
begin
    raise exception 'the consent ledger is append-only: % is refused', lower(tg_op) using errcode = 'restrict_violation';
end $$;
create trigger consent_chain before insert on consent_consentevent for each row execute function consent_chain();
create trigger consent_stands after insert on consent_consentevent for each row execute function consent_stands();
create trigger consent_append_only before update or delete on consent_consentevent
    for each row execute function consent_refuses();
create trigger consent_stays before truncate on consent_consentevent for each statement execute function consent_refuses();
"""
UNDO = """
drop trigger consent_stays on consent_consentevent;
drop trigger consent_append_only on consent_consentevent;
drop trigger consent_stands on consent_consentevent;
drop trigger consent_chain on consent_consentevent;
drop function consent_refuses();
drop function consent_stands();
drop function consent_chain();
drop function consent_hash(consent_consentevent);
drop function consent_digest(consent_consentevent);
drop function consent_packed(text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_what_permits_and_forbids")]

    operations = [migrations.RunSQL(LEDGER, UNDO)]
