-- What `fedgen validate --since-last` remembers: how each target's catalogue stood when nothing was found in it.

create table federation.validations (
  target       text not null,
  digest       text not null,
  tool_version text not null,
  validated_by name not null default session_user,
  validated_at timestamptz not null default clock_timestamp(),
  constraint validations_pkey primary key (target)
);
comment on table federation.validations is
  'The last clean validation of each target; who can write here can hide a change from --since-last';
grant select on federation.validations to {{ roles.admin | ident }};
