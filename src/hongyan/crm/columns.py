"""Which column of a file is what, for customers, orders and products: by its heading in three languages, by what was chosen last."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.uploads.columns import heard

LABELS: dict[str, dict[str, str | Promise]] = {
    "customers": {
        "name": _("Customer"), "code": _("Customer number"), "type": _("Type"), "region": _("Region"), "address": _("Address"),
        "landline": _("Landline"), "source": _("Source"), "consent": _("Proof of consent"), "salesperson": _("Salesperson"),
        "registered_on": _("Registered on"), "person": _("Name of the person"), "post": _("Post"), "gender": _("Gender"),
        "number": _("Mobile number"), "direct": _("Direct line"), "notes": _("Notes"),
    },
    "orders": {
        "number": _("Order number"), "customer_code": _("Customer number"), "customer": _("Customer"), "person": _("Ordered by"),
        "ordered_on": _("Ordered on"), "state": _("State"), "sku": _("SKU"), "quantity": _("Quantity"), "price": _("Price"), "notes": _("Notes"),
    },
    "products": {
        "sku": _("SKU"), "name": _("Name"), "category": _("Category"), "price": _("Price"), "unit": _("Unit"), "is_sold": _("On sale"),
    },
}  # fmt: skip
NEEDED: dict[str, tuple[str, ...]] = {
    "customers": ("name",), "orders": ("number", "ordered_on", "sku"), "products": ("sku",),
}  # fmt: skip
"""Columns without which a file cannot be used."""
_HEADINGS: dict[str, dict[str, str]] = {
    "customers": {
        "name": "客户名称 客户 单位名称 单位 公司名称 公司 名称 客戶名稱 客戶 單位名稱 customer customername company organisation organization name",
        "code": "客户编号 客户编码 客户代码 编号 客戶編號 customernumber customercode code",
        "type": "客户类型 类型 类别 客戶類型 類型 type customertype", "region": "地区 区域 所在地区 省市 地區 region area",
        "address": "地址 详细地址 联系地址 address", "landline": "座机 固定电话 单位电话 公司电话 landline officephone",
        "source": "来源 客户来源 來源 source", "consent": "同意凭据 同意证明 同意依据 同意憑據 proofofconsent consent",
        "salesperson": "业务员 销售 销售员 客户经理 负责人 業務員 salesperson owner rep", "registered_on": "登记日期 注册日期 登記日期 registeredon registered",
        "person": "姓名 联系人 关键人员 人员 人员姓名 聯絡人 person contact nameoftheperson", "post": "职务 岗位 职位 職務 post position jobtitle",
        "gender": "性别 性別 gender sex", "number": "手机号 手机 手机号码 移动电话 手機號碼 mobile mobilenumber cellphone",
        "direct": "直线电话 分机 办公电话 directline", "notes": "备注 说明 備註 notes remarks",
    },
    "orders": {
        "number": "订单编号 订单号 单号 訂單編號 ordernumber orderno number", "customer_code": "客户编号 客户编码 客户代码 客戶編號 customernumber customercode",
        "customer": "客户名称 客户 购货单位 客戶名稱 customer customername", "person": "下单人 联系人 orderedby contact",
        "ordered_on": "下单日期 订单日期 日期 下單日期 orderedon orderdate date", "state": "状态 订单状态 狀態 state status",
        "sku": "货号 产品编码 商品编码 编码 貨號 sku productcode", "quantity": "数量 數量 quantity qty", "price": "单价 价格 單價 price unitprice",
        "notes": "备注 備註 notes",
    },
    "products": {
        "sku": "货号 产品编码 商品编码 编码 貨號 sku productcode code", "name": "产品名称 名称 商品名称 品名 產品名稱 name product productname",
        "category": "分类 产品分类 类别 分類 category", "price": "单价 价格 标价 單價 price", "unit": "计量单位 单位 單位 unit", "is_sold": "在售 是否在售 onsale",
    },
}  # fmt: skip


def guess(kind: str, columns: Sequence[str]) -> dict[str, str]:
    """Our field -> column, by heading; the nearer heading first where two could be one field."""
    found: dict[str, str] = {}
    for field, words in _HEADINGS[kind].items():
        ranks = {word: rank for rank, word in enumerate(words.split())}
        near = sorted((ranks[heard(one)], one) for one in columns if heard(one) in ranks and one not in found.values())
        if near:
            found[field] = near[0][1]
    return found
