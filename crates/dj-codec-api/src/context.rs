//! What a codec is told about the value at hand.

use std::fmt;
use std::sync::Arc;

use crate::layout::{ObjectPath, generate_token};
use crate::new_object::{self, NewObject};
use crate::outdated::{Hook, Outdated};
use crate::warning::{Given, Unheard};
use crate::{FormatVersion, Limits, OpenStore, Record, Result, Stores, Value, Warning, Warnings};

/// Where the random part of the paths of new objects comes from.
pub trait Tokens: fmt::Debug + Send + Sync {
    /// A token of `length` characters of [`TOKEN_ALPHABET`](crate::layout::TOKEN_ALPHABET), another one at each call.
    ///
    /// # Errors
    /// Where there is none to give.
    fn token(&self, length: i64) -> Result<String>;
}

/// Which value of which table a codec works on, the stores at hand, and the limits that it obeys.
///
/// Cloning is cheap. Decoding needs only the stores; encoding into a store also needs schema, table, field and
/// primary key, from which the path is built.
///
/// ```
/// use dj_codec_api::{Context, StoreMap};
///
/// let cx = Context::new(StoreMap::new())
///     .with_field("neuroscience", "recording", "waveform")
///     .with_key("recording_id", 1_i64);
/// assert_eq!(cx.table(), "recording");
/// ```
#[derive(Debug, Clone)]
pub struct Context {
    schema: String,
    table: String,
    field: String,
    key: Vec<(String, Value)>,
    stores: Arc<dyn Stores>,
    column_store: Option<String>,
    limits: Limits,
    format_version: Option<FormatVersion>,
    warnings: Arc<dyn Warnings>,
    given: Arc<Given>,
    tokens: Option<Arc<dyn Tokens>>,
    outdated: Option<Hook>,
    new_object: Option<new_object::Hook>,
}

impl Context {
    /// A context with these stores.
    #[must_use]
    pub fn new(stores: impl Stores + 'static) -> Self {
        Self::with_stores(Arc::new(stores))
    }

    /// A context with stores that are shared.
    #[must_use]
    pub fn with_stores(stores: Arc<dyn Stores>) -> Self {
        Self {
            // The names that Python DataJoint uses where it is told none.
            schema: "unknown".into(),
            table: "unknown".into(),
            field: "data".into(),
            key: Vec::new(),
            stores,
            column_store: None,
            limits: Limits::default(),
            format_version: None,
            warnings: Arc::new(Unheard),
            given: Arc::default(),
            tokens: None,
            outdated: None,
            new_object: None,
        }
    }

    /// Names the column. `table` is its name in the database.
    #[must_use]
    pub fn with_field(mut self, schema: &str, table: &str, field: &str) -> Self {
        self.schema = schema.into();
        self.table = table.into();
        self.field = field.into();
        self
    }

    /// Adds a field of the primary key. The order of the calls is the order of the key. Paths are built from the
    /// value as it is inserted: a decimal as its text, a float as a float.
    #[must_use]
    pub fn with_key(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.key.push((name.into(), value.into()));
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Asks for a data format to write, for readers that know no newer one.
    #[must_use]
    pub fn with_format_version(mut self, version: FormatVersion) -> Self {
        self.format_version = Some(version);
        self
    }

    /// Says where warnings go; they are dropped otherwise.
    #[must_use]
    pub fn with_warnings(mut self, warnings: Arc<dyn Warnings>) -> Self {
        self.warnings = warnings;
        self.given = Arc::default();
        self
    }

    /// Takes the tokens in the paths of new objects from here rather than at random: for tests and format locks, whose output
    /// must be the same each time. Two values of one row, written with the same tokens, would contend for one path.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Arc<dyn Tokens>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Calls `hook` whenever [`Column::decode`](crate::Column::decode) has decoded a value that is stored in an older data format than
    /// its codec writes today, so that an application can migrate what it comes upon. The hook may re-encode the value there
    /// and then ([`Outdated::reencode`]), or note the row for later. What becomes of it is the hook's; the decoding goes on.
    ///
    /// Formats that are told apart by a magic number (`<blob>`) and older ones that the codec still holds for current (`<npy@>`)
    /// are not outdated. Telling the format reads what tells it a second time: for `<zarr@>` the array's metadata. The
    /// typed faces of codecs call no hook.
    ///
    /// ```no_run
    /// use std::sync::{Arc, Mutex};
    /// # use dj_codec_api::{Column, Context, Registry, Result, StoreMap, Stored};
    ///
    /// # fn rows() -> Vec<(i64, Stored)> { Vec::new() }
    /// # fn update(_: i64, _: &Stored) {}
    /// # fn main() -> Result<()> {
    /// # let (registry, stores) = (Registry::linked()?, StoreMap::new());
    /// let column = Column::resolve("<zarr@main>", &registry)?;
    /// let renewed = Arc::new(Mutex::new(None));
    /// let place = renewed.clone();
    /// let cx = Context::new(stores).with_field("lab", "recording", "movie").on_outdated(move |old| {
    ///     println!("<{}> {} -> {}", old.codec(), old.found(), old.current());
    ///     *place.lock().unwrap() = Some(old.reencode());
    /// });
    /// for (id, stored) in rows() {
    ///     let movie = column.decode(stored, &cx.clone().with_key("recording_id", id))?;
    ///     if let Some(new) = renewed.lock().unwrap().take() {
    ///         update(id, &new?);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_outdated(mut self, hook: impl Fn(&Outdated<'_>) + Send + Sync + 'static) -> Self {
        self.outdated = Some(Hook(Arc::new(hook)));
        self
    }

    /// Calls `hook` with the place of each object before anything is written there, so that an application can note down what a
    /// program that is ended midway leaves behind. Where the hook fails, nothing is written.
    #[must_use]
    pub fn on_new_object(
        mut self,
        hook: impl Fn(&NewObject<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.new_object = Some(new_object::Hook(Arc::new(hook)));
        self
    }

    /// Tells the hook of [`on_new_object`](Self::on_new_object) of an object that is about to be written.
    /// [`new_object_path`](Self::new_object_path) does; a codec whose paths come from elsewhere calls it itself, and so does one that
    /// writes another object beside such a path rather than below it.
    ///
    /// # Errors
    /// As the hook.
    pub fn announce(&self, object: &NewObject<'_>) -> Result<()> {
        self.new_object.as_ref().map_or(Ok(()), |hook| (hook.0)(object))
    }

    pub(crate) fn outdated_hook(&self) -> Option<&Hook> {
        self.outdated.as_ref()
    }

    pub(crate) fn without_outdated_hook(mut self) -> Self {
        self.outdated = None;
        self
    }

    pub(crate) fn without_format_version(mut self) -> Self {
        self.format_version = None;
        self
    }

    /// The context of a column that names this store: `None` for a column in the table, an empty name for the
    /// default store. [`Column`](crate::Column) calls it; so does a program that uses a codec's typed face.
    #[must_use]
    pub fn with_column_store(mut self, store: Option<&str>) -> Self {
        self.column_store = store.map(Into::into);
        self
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The table, by its name in the database.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The primary key in its order.
    #[must_use]
    pub fn key(&self) -> &[(String, Value)] {
        &self.key
    }

    /// The stores.
    #[must_use]
    pub fn stores(&self) -> &dyn Stores {
        self.stores.as_ref()
    }

    /// The store that the column names; see [`with_column_store`](Self::with_column_store).
    #[must_use]
    pub fn column_store(&self) -> Option<&str> {
        self.column_store.as_deref()
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The data format that the caller asks to be written.
    #[must_use]
    pub fn format_version(&self) -> Option<FormatVersion> {
        self.format_version
    }

    /// Opens the store that the column writes to.
    ///
    /// # Errors
    /// Where there is none of that name, or it cannot be opened.
    pub fn open_column_store(&self) -> Result<OpenStore> {
        self.stores.open(self.column_store())
    }

    /// Opens the store that a record names. A record that names none is in the default store, as in Python; where
    /// no default is configured, in the store that the column names.
    ///
    /// # Errors
    /// Where there is none of that name, or it cannot be opened.
    pub fn open_record_store(&self, record: &Record) -> Result<OpenStore> {
        let named = record.store()?;
        self.stores
            .open(named)
            .or_else(|error| match (named, self.column_store()) {
                (None, Some(column)) if !column.is_empty() => self.stores.open(Some(column)),
                _ => Err(error),
            })
    }

    /// A fresh schema-addressed path for this value in `store`, with the extension `ext` (such as `.npy`).
    ///
    /// # Errors
    /// Where the names or the key would lead outside of the store.
    pub fn new_object_path(&self, store: &OpenStore, ext: Option<&str>) -> Result<String> {
        let length = store.layout.token_length;
        let token = match &self.tokens {
            Some(tokens) => tokens.token(length),
            None => generate_token(length),
        }?;
        let path = ObjectPath {
            schema: &self.schema,
            table: &self.table,
            field: &self.field,
            primary_key: &self.key,
            ext,
            layout: &store.layout,
        }
        .build_with_token(&token)?;
        self.announce(&NewObject::fresh(&store.name, &path))?;
        Ok(path)
    }

    /// Gives a warning, once for each codec, kind and topic.
    pub fn warn(&self, warning: &Warning) {
        if self.given.first(warning) {
            self.warnings.warn(warning);
        }
    }

    /// The column in words for messages: `schema.table.field`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}.{}.{}", self.schema, self.table, self.field)
    }
}
