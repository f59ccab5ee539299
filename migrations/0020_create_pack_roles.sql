-- Packs without tenants (tenancy: single): one installation, and roles of the pack's own that say who may do what.

alter table federation.packs
  drop constraint packs_identity_mode_check,
  add constraint packs_identity_mode_check check (identity_mode in ('role', 'signed', 'variable', 'none'));

create table federation.pack_roles (
  role_name name not null,
  pack      text not null,
  kind      text not null,
  may_execute text[] not null,
  may_read    text[] not null,
  constraint pack_roles_pkey primary key (role_name),
  constraint pack_roles_pack_fkey foreign key (pack) references federation.packs (pack) on delete cascade,
  constraint pack_roles_kind_check check (kind in ('caller', 'operator', 'service', 'accounts'))
);
comment on table federation.pack_roles is
  'Roles of packs without tenants, and all that each may do: what fedgen validate holds them to';
create index pack_roles_pack_idx on federation.pack_roles (pack);

grant select on federation.pack_roles to {{ roles.admin | ident }};
