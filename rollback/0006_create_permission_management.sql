drop function federation.unregister_department(text);
drop function federation.revoke_cross_dept(text, text, text, text, text);
drop function federation.grant_cross_dept(text, text, text, text, text, timestamptz);
drop function federation.sync_cross_dept_grants(text);
