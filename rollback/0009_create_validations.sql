drop table federation.validations;
