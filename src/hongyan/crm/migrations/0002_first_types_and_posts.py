from django.conf import settings
from django.db import migrations

TYPES = {
    "zh": ("乡镇卫生院", "村卫生室", "药店", "社区卫生服务中心", "经销商", "其他单位", "个人客户"),
    "en": (
        "Township hospital", "Village clinic", "Pharmacy", "Community health service", "Dealer", "Other organisation",
        "Private customer",
    ),
}  # fmt: skip
POSTS = {
    "zh": ("董事长", "总经理", "采购", "开票", "收货", "财务"),
    "en": ("Chairman", "Manager", "Buyer", "Invoicing clerk", "Delivery", "Finance"),
}


def fill(apps, schema_editor):
    """What every installation begins with; from then on the company's own lists."""
    language = "zh" if settings.LANGUAGE_CODE.startswith("zh") else "en"
    kinds, posts = apps.get_model("crm", "CustomerType"), apps.get_model("crm", "Post")
    last = len(TYPES[language])
    for place, name in enumerate(TYPES[language], start=1):
        required = ["number"] if place == last else ["region", "person", "number"]
        kinds.objects.create(name=name, position=place * 10, is_private=place == last, required=required)
    for place, name in enumerate(POSTS[language], start=1):
        posts.objects.create(name=name, position=place * 10)


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_tables")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
