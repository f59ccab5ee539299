drop function federation.may_read(text, text);
drop function federation.effective_permission(text, text, text, text);
drop function federation.current_tenant();
revoke usage on schema federation from {{ roles.tenant | ident }};
