-- fixture: shop

-- view-of-owner: breaks isolation, since 15
alter view shop.visible_orders reset (security_invoker);

-- view-of-owner-said: breaks isolation, since 15
alter view shop.visible_orders set (security_invoker = false);

-- view-without-barrier: breaks isolation
alter view shop.visible_orders set (security_barrier = false);

-- view-unmasked: breaks isolation, since 15
create or replace view shop.visible_campaigns with (security_barrier, security_invoker) as select c.tenant_id, c.campaign_id, c.date, c.channel, c.impressions, c.clicks, case when true then c.spend end as spend, case when (select shop.sees_metric('conversions')) then c.conversions end as conversions, case when (select shop.sees_metric('revenue_attributed')) then c.revenue_attributed end as revenue_attributed, case when (select shop.sees_metric('cac')) then round(c.spend / nullif(c.conversions, 0), 2) end as cac from shop.marketing_campaigns c;

-- view-unmasked-14: breaks isolation, until 14
create or replace view shop.visible_campaigns with (security_barrier) as select c.tenant_id, c.campaign_id, c.date, c.channel, c.impressions, c.clicks, case when true then c.spend end as spend, case when (select shop.sees_metric('conversions')) then c.conversions end as conversions, case when (select shop.sees_metric('revenue_attributed')) then c.revenue_attributed end as revenue_attributed, case when (select shop.sees_metric('cac')) then round(c.spend / nullif(c.conversions, 0), 2) end as cac from shop.marketing_campaigns c;

-- view-dropped: breaks completeness
drop view shop.visible_orders;

-- view-granted-to-public: breaks isolation
grant select on shop.visible_orders to public;

-- view-write-granted: breaks isolation
grant update on shop.visible_orders to shop_tenant;

-- view-revoked: breaks completeness
revoke select on shop.visible_orders from shop_tenant;

-- view-to-superuser: breaks isolation
alter view shop.visible_orders owner to postgres;

-- view-extra: breaks isolation
create view shop.all_orders as select * from shop.orders;

-- view-elsewhere: breaks isolation
-- given: create schema api; grant usage on schema api to public; create view api.orders as select * from shop.orders
grant select on api.orders to shop_tenant;

-- view-of-keys: breaks isolation
-- given: create view public.key_list as select * from federation.pack_keys
grant select on public.key_list to public;

-- materialized: breaks isolation
-- given: create materialized view shop.totals as select tenant_id, sum(net_revenue) from shop.orders group by 1
grant select on shop.totals to shop_tenant;

-- sees-everything: breaks isolation
create or replace function shop.sees_metric(metric text) returns boolean language plpgsql stable set search_path = pg_catalog, pg_temp as $fn$ begin return true; end $fn$;

-- no-values-withheld: breaks isolation
create or replace function shop.allowed_values() returns jsonb language plpgsql stable set search_path = pg_catalog, pg_temp as $fn$ begin return null; end $fn$;

-- everything-permitted: breaks isolation
create or replace function shop.permits(allowed jsonb, region text, store text) returns boolean language plpgsql stable strict parallel safe set search_path = pg_catalog, pg_temp as $fn$ begin return true; end $fn$;

-- role-of-user-forged: breaks isolation
create or replace function shop.user_role() returns text language plpgsql stable set search_path = pg_catalog, pg_temp as $fn$ begin return current_setting('app.current_user_role', true); end $fn$;

-- role-of-user-definer: breaks isolation
alter function shop.user_role() security definer;

-- role-of-user-immutable: breaks isolation
alter function shop.user_role() immutable;

-- role-of-user-path: breaks isolation
alter function shop.user_role() set search_path = shop, pg_catalog, pg_temp;

-- allowed-values-revoked: breaks completeness
revoke execute on function shop.allowed_values() from shop_tenant;

-- sees-metric-public: breaks isolation
grant execute on function shop.sees_metric(text) to public;

-- function-extra: breaks isolation
create function shop.all_orders() returns setof shop.orders language sql security definer set search_path = pg_catalog, pg_temp as 'select * from shop.orders';

-- function-overloaded: breaks isolation
create function shop.sees_metric(varchar) returns boolean language sql stable as 'select true';

-- view-commented: harmless
comment on view shop.visible_orders is 'masked';

-- function-cost: harmless
alter function shop.user_role() cost 300;

-- view-column-default: breaks completeness
alter view shop.visible_orders alter column currency set default 'EUR';
