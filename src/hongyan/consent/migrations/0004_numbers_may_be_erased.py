from django.db import migrations

# A line may change in one way: what is personal goes, with its salt, and a seal takes the number's place. Its hash covers
# the digest of what it was, so the chain holds; a line without a salt is one that was erased.
ERASABLE = """
create or replace function consent_refuses() returns trigger language plpgsql as $$
declare
    kept consent_consentevent;
begin
    if tg_op = 'UPDATE' then
        kept := old;
        kept.number := new.number;
        kept.evidence := '';
        kept.wording := '';
        kept.operator := '';
        kept.salt := '';
        kept.file_id := null;
        if new.number like '~%' and kept is not distinct from new then
            return new;
        end if;
    end if;
    raise exception 'the consent ledger is append-only: % is refused', lower(tg_op) using errcode = 'restrict_violation';
end $$;
create index consent_optout_sealed on consent_optout (number) where number like '~%';
create index consent_listed_sealed on consent_listed (number) where number like '~%';
"""
UNDO = """
drop index consent_listed_sealed;
drop index consent_optout_sealed;
create or replace function consent_refuses() returns trigger language plpgsql as $$
begin
    raise exception 'the consent ledger is append-only: % is refused', lower(tg_op) using errcode = 'restrict_violation';
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_lists_move_in")]

    operations = [migrations.RunSQL(ERASABLE, UNDO)]
