/** A type with a length under the name of pgvector's, in schema ext, made of what the server has. */
export const VECTOR_STAND_IN = [
  'create type ext.vector',
  `create function ext.vector_in(cstring, oid, integer) returns ext.vector language internal immutable strict as 'varcharin'`,
  `create function ext.vector_out(ext.vector) returns cstring language internal immutable strict as 'varcharout'`,
  `create function ext.typmod_in(cstring[]) returns integer language internal immutable strict as 'varchartypmodin'`,
  `create function ext.typmod_out(integer) returns cstring language internal immutable strict as 'varchartypmodout'`,
  `create type ext.vector (input = ext.vector_in, output = ext.vector_out, typmod_in = ext.typmod_in,
    typmod_out = ext.typmod_out, like = varchar)`,
].join(';\n');
