"""Customers, their orders, products, and what is set up for them."""

from __future__ import annotations

from django.urls import path

from hongyan.console.customers import field, imports, merges, orders, products, setting_up, views

urlpatterns = [
    path("customers/", views.index, name="customers"),
    path("customers/new/", views.edit, name="new_customer"),
    path("customers/fields/", views.type_fields, name="customer_type_fields"),
    path("customers/act/", views.act, name="customers_act"),
    path("customers/export/", views.export, name="customers_export"),
    path("customers/numbers/", views.number_tasks, name="number_tasks"),
    path("customers/merges/", merges.index, name="merges"),
    path("customers/merges/<int:proposal_id>/", merges.merge, name="merge"),
    path("customers/import/<str:kind>/", imports.upload, name="customer_upload"),
    path("customers/import/<str:kind>/template/", imports.template, name="customer_import_template"),
    path("customers/imports/<int:upload_id>/", imports.mapping, name="customer_import"),
    path("customers/imports/<int:upload_id>/errors/", imports.errors, name="customer_import_errors"),
    path("customers/setup/", setting_up.index, name="customer_setup"),
    path("customers/setup/type/", setting_up.customer_type, name="new_customer_type"),
    path("customers/setup/type/<int:type_id>/", setting_up.customer_type, name="customer_type"),
    path("customers/setup/class/", setting_up.rule, name="new_customer_class"),
    path("customers/setup/class/<int:rule_id>/", setting_up.rule, name="customer_class"),
    path("customers/setup/class/<int:rule_id>/remove/", setting_up.remove_rule, name="customer_class_remove"),
    path("customers/<int:customer_id>/", views.customer, name="customer"),
    path("customers/<int:customer_id>/edit/", views.edit, name="customer_edit"),
    path("field/", field.page, name="field"),
    path("field/mine/", field.mine, name="field_mine"),
    path("field/send/", field.send, name="field_send"),
    path("field/worker.js", field.worker, name="field_worker"),
    path("orders/", orders.index, name="orders"),
    path("orders/new/", orders.edit, name="new_order"),
    path("orders/export/", orders.export, name="orders_export"),
    path("orders/<int:order_id>/", orders.order, name="order"),
    path("orders/<int:order_id>/edit/", orders.edit, name="order_edit"),
    path("orders/<int:order_id>/state/", orders.set_state, name="order_state"),
    path("products/", products.index, name="products"),
    path("products/new/", products.new, name="new_product"),
    path("products/categories/", products.categories, name="product_categories"),
    path("products/<int:product_id>/", products.product, name="product"),
    path("products/<int:product_id>/remove/", products.remove, name="product_remove"),
]
