drop table federation.pack_roles;
alter table federation.packs
  drop constraint packs_identity_mode_check,
  add constraint packs_identity_mode_check check (identity_mode in ('role', 'signed', 'variable'));
