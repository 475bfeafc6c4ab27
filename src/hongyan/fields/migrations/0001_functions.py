from django.db import migrations

# Immutable, so that indexes may be made of them; what does not fit is null and never an error. GB18030 has every
# character of Unicode and the usual 3,755 in the order of their pinyin, and its octets sort as they stand.
CREATE = r"""
create function fields_number(value text) returns numeric language sql immutable parallel safe as
$$ select case when value ~ '^-?[0-9]{1,30}(\.[0-9]{1,20})?$' then value::numeric end $$;
create function fields_day(value text) returns text language sql immutable parallel safe as
$$ select case when value ~ '^[0-9]{4}-[01][0-9]-[0-3][0-9]$' then value end $$;
create function fields_time(value text) returns text language sql immutable parallel safe as
$$ select case when value ~ '^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$' then value end $$;
create function fields_order(value text) returns bytea language sql immutable parallel safe as
$$ select convert_to(nullif(left(lower(value), 80), ''), 'GB18030') $$;
"""
DROP = """
drop function fields_number(text);
drop function fields_day(text);
drop function fields_time(text);
drop function fields_order(text);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CREATE, DROP)]
