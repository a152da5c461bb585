//! PostgreSQL's catalog. `pg_catalog` shows every schema to everybody; `information_schema` hides columns of tables that a user
//! may not write.

use super::Queries;

pub(super) const QUERIES: Queries = Queries {
    schemas: "SELECT nspname::text FROM pg_catalog.pg_namespace \
         WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'",
    tables: "SELECT c.relname::text, coalesce(obj_description(c.oid, 'pg_class'), ''), c.reltuples::text \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1::text AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
    columns: "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), \
         CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END, coalesce(col_description(c.oid, a.attnum), ''), \
         (SELECT array_position(i.indkey::int2[], a.attnum)::int - lower_bound.at + 1 \
            FROM pg_catalog.pg_index i, LATERAL (SELECT array_lower(i.indkey::int2[], 1) AS at) lower_bound \
            WHERE i.indrelid = c.oid AND i.indisprimary)::text \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
         WHERE n.nspname = $1::text AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped \
         ORDER BY c.relname, a.attnum",
    references: "SELECT cn.nspname::text, cc.relname::text, ca.attname::text, \
         pn.nspname::text, pc.relname::text, pa.attname::text, coalesce(col_description(pc.oid, pa.attnum), '') \
         FROM pg_catalog.pg_constraint k \
         CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair(child, parent) \
         JOIN pg_catalog.pg_class cc ON cc.oid = k.conrelid \
         JOIN pg_catalog.pg_namespace cn ON cn.oid = cc.relnamespace \
         JOIN pg_catalog.pg_attribute ca ON ca.attrelid = cc.oid AND ca.attnum = pair.child \
         JOIN pg_catalog.pg_class pc ON pc.oid = k.confrelid \
         JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace \
         JOIN pg_catalog.pg_attribute pa ON pa.attrelid = pc.oid AND pa.attnum = pair.parent \
         WHERE k.contype = 'f'",
};
