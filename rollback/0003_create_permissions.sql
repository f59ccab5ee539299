drop table federation.cross_dept_permissions;
drop table federation.cross_dept_resources;
