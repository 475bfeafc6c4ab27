from django.db import migrations

# What messaging kept until now. Whoever wrote to people before goes on as before; a new installation asks for consent.
TAKE_OVER = """
insert into consent_optout (number, topic, signature, source, evidence, at)
select number, '', '', source, evidence, at from messaging_optout order by id;
insert into consent_listed (number, kind, source, reason, added_by_id, at)
select number, 'block', 'console', reason, added_by_id, at from messaging_blockednumber order by id;
insert into consent_consentevent (number, act, at, source, evidence)
select number, 'given', at, source, evidence from messaging_consent order by id;
insert into consent_policy (id, consent, days, grey_days)
select 1, case when exists (select from messaging_submission) then 'off' else 'enforce' end, 7, 30;
"""
# What came afterwards with a topic or on another list has no place there; the ledger keeps its lines.
GIVE_BACK = """
insert into messaging_optout (number, source, evidence, at)
select number, source, evidence, at from consent_optout where topic = '' and signature = '' order by id;
insert into messaging_blockednumber (number, reason, added_by_id, at)
select number, reason, added_by_id, at from consent_listed where kind = 'block' order by id;
delete from consent_optout where topic = '' and signature = '';
delete from consent_listed where kind = 'block';
delete from consent_policy;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_ledger_is_append_only"), ("messaging", "0014_counted")]

    operations = [migrations.RunSQL(TAKE_OVER, GIVE_BACK)]
