-- What `fedgen validate --since-last` remembers of each target: how its catalogue stood where nothing was found in it, and
-- otherwise how much was found.

create table federation.validations (
  target       text not null,
  digest       text,
  findings     integer not null default 0,
  tool_version text not null,
  validated_by name not null default session_user,
  validated_at timestamptz not null default clock_timestamp(),
  constraint validations_pkey primary key (target),
  constraint validations_findings_check check (findings >= 0 and (findings = 0) = (digest is not null))
);
comment on table federation.validations is
  'The last validation of each target; who can write here can hide a change from --since-last';
grant select on federation.validations to {{ roles.admin | ident }};
