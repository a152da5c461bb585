//! Whether a column that nobody declared holds packed values.

use dj_codec_api::Result;

use crate::Database;
use crate::heading::{Attribute, Table};
use crate::key::quote;
use crate::location::Backend;

/// How blobs begin, in hexadecimal: `mYm`, `dj0` and `ZL123`, each with a NUL.
const MAGIC: [&str; 3] = ["6D596D00%", "646A3000%", "5A4C31323300%"];

impl Database {
    /// Whether any value of a column of bytes begins as a blob does. A column without a type in its comment held packed
    /// values before DataJoint 2.0, and plain bytes after.
    pub(crate) async fn has_packed(&self, table: &Table, attribute: &Attribute) -> Result<bool> {
        let backend = self.backend();
        let name = quote(&attribute.name, backend);
        let front = match backend {
            Backend::PostgreSql => format!("upper(encode(substring({name} FROM 1 FOR 6), 'hex'))"),
            Backend::MySql => format!("HEX(SUBSTRING({name} FROM 1 FOR 6))"),
        };
        let like: Vec<String> = MAGIC
            .iter()
            .map(|magic| format!("{front} LIKE '{magic}'"))
            .collect();
        let sql = format!(
            "SELECT '1' FROM {}.{} WHERE {} LIMIT 1",
            quote(&table.schema, backend),
            quote(&table.name, backend),
            like.join(" OR ")
        );
        Ok(!self.query(sql, Vec::new()).await?.is_empty())
    }
}
