//! A connection to a database server.

use std::time::Duration;

use dj_codec_api::{Error, Result};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, MySqlPool, PgPool};

use crate::failure::{explain, explain_connecting};
use crate::location::{Backend, Location};
use crate::writable::Writable;

/// A database server, and a pool of connections to it that only read.
///
/// Every connection is told that its transactions are read-only before it is used, so that the server itself refuses to
/// change anything; a user who may only `SELECT` is enough. TLS is used where the server offers it; `sslmode=` in the URL
/// says otherwise (`disable`, `require`, `verify-full`; for MySQL `ssl-mode=`).
///
/// ```no_run
/// # async fn example() -> dj_codec_api::Result<()> {
/// use dj_codec_db::Database;
///
/// let database = Database::connect("postgres://reader:secret@db.example.org/lab").await?;
/// for table in database.tables("neuroscience").await? {
///     println!("{} ({})", table.name, table.tier);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) pool: Pool,
    location: Location,
    options: ConnectOptions,
    place: String,
    server: String,
    maria: bool,
}

/// What the connections of a pool may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// The connections.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    PostgreSql(PgPool),
    MySql(MySqlPool),
}

/// How to connect.
#[derive(Clone)]
pub struct ConnectOptions {
    password: Option<String>,
    connections: u32,
    timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            password: None,
            connections: 4,
            timeout: Duration::from_secs(30),
        }
    }
}

impl ConnectOptions {
    /// Up to four connections, and thirty seconds to get one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The password, for a URL that has none: a command line is seen by everybody on a machine.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// How many connections may be open at once; at least one.
    #[must_use]
    pub fn with_connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How long to wait for a connection.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl std::fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("password", &self.password.as_ref().map(|_| "..."))
            .field("connections", &self.connections)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// A session whose queries may take as long as they do, and which says values in one way, times in UTC.
const SESSION_POSTGRESQL: &str = "SET statement_timeout = 0; \
     SET TIME ZONE 'UTC'; SET DateStyle = 'ISO, YMD'; SET bytea_output = 'hex'; SET IntervalStyle = 'postgres'";
/// MySQL gives up on a client that takes nothing for this long, by default for a minute: large values take longer to check.
const SESSION_MYSQL: &str = "SET SESSION net_write_timeout = 3600";
/// A session that cannot change anything.
const READ_ONLY_POSTGRESQL: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";
const READ_ONLY_MYSQL: &str = "SET SESSION TRANSACTION READ ONLY";
/// A session that sees what others have committed meanwhile, and whose transactions may stay open while a value is encoded.
const WRITE_POSTGRESQL: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; \
     SET idle_in_transaction_session_timeout = 0";
const WRITE_MYSQL: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE";
const WAIT_MYSQL: &str = "SET SESSION wait_timeout = 86400, net_read_timeout = 3600";
/// And one that refuses a value which does not fit, as DataJoint's own do: others cut it off in silence.
const STRICT_MYSQL: &str = "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES')";

impl Access {
    fn postgresql(self) -> &'static [&'static str] {
        match self {
            Self::Read => &[SESSION_POSTGRESQL, READ_ONLY_POSTGRESQL],
            Self::Write => &[SESSION_POSTGRESQL, WRITE_POSTGRESQL],
        }
    }

    fn mysql(self) -> &'static [&'static str] {
        match self {
            Self::Read => &[SESSION_MYSQL, READ_ONLY_MYSQL],
            Self::Write => &[SESSION_MYSQL, WRITE_MYSQL, WAIT_MYSQL, STRICT_MYSQL],
        }
    }
}

impl Database {
    /// Connects with the default options; see [`connect_with`](Self::connect_with).
    ///
    /// # Errors
    /// As [`connect_with`](Self::connect_with).
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, ConnectOptions::default()).await
    }

    /// Connects to `postgres://USER:PASSWORD@HOST:PORT/DATABASE` or `mysql://USER:PASSWORD@HOST:PORT`.
    ///
    /// # Errors
    /// Where the URL is none, the server cannot be reached, or it refuses the user. No error repeats the password.
    pub async fn connect_with(url: &str, options: ConnectOptions) -> Result<Self> {
        let location = Location::parse(url)?;
        let place = location.shown();
        let pool = open(&location, &options, Access::Read).await;
        let mut database = Self {
            pool: pool.map_err(|error| explain_connecting(error, &place))?,
            place,
            server: String::new(),
            maria: false,
            options,
            location: location.clone(),
        };
        let version = database.text("SELECT version()").await?;
        database.maria = version.contains("MariaDB");
        database.server = match (location.backend, database.maria) {
            // The version comes with the compiler and the system, which are nobody's concern here.
            (Backend::PostgreSql, _) => version
                .split(" (")
                .next()
                .unwrap_or(&version)
                .split(" on ")
                .next()
                .unwrap_or(&version)
                .to_owned(),
            (Backend::MySql, true) => format!("MariaDB {version}"),
            (Backend::MySql, false) => format!("MySQL {version}"),
        };
        Ok(database)
    }

    /// A second pool of connections to the same server, of this many, that may change what is stored. Nothing in this crate
    /// opens one unasked: who reads, audits or verifies needs none.
    ///
    /// # Errors
    /// Where the server cannot be reached, or has no more connections to give.
    pub async fn writable(&self, connections: u32) -> Result<Writable> {
        let options = self.options.clone().with_connections(connections);
        let pool = open(&self.location, &options, Access::Write).await;
        let pool = pool.map_err(|error| explain(error, &self.place))?;
        Ok(Writable::new(Self {
            pool,
            options,
            ..self.clone()
        }))
    }

    /// Where the database is, without the password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The server and its version.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Which dialect it speaks.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.pool {
            Pool::PostgreSql(_) => Backend::PostgreSql,
            Pool::MySql(_) => Backend::MySql,
        }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::PostgreSql(pool) => pool.close().await,
            Pool::MySql(pool) => pool.close().await,
        }
    }

    /// What the server says to a query of one text.
    async fn text(&self, sql: &str) -> Result<String> {
        let rows = self.query(sql.to_owned(), Vec::new()).await?;
        let cell = rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
            .flatten();
        cell.map(|text| String::from_utf8_lossy(&text).into_owned())
            .ok_or_else(|| Error::store("the server does not say its version").at(&self.place))
    }
}

/// A pool whose connections are told what they may do before they are used.
async fn open(location: &Location, options: &ConnectOptions, access: Access) -> Result<Pool, sqlx::Error> {
    Ok(match location.backend {
        Backend::PostgreSql => {
            let mut to = PgConnectOptions::from_url(&location.url)?;
            if let Some(password) = unnamed_password(location, options) {
                to = to.password(password);
            }
            let to = to.application_name("dj-codec").disable_statement_logging();
            let pool = sized(PgPoolOptions::new(), options).after_connect(move |connection, _| {
                Box::pin(async move {
                    for statement in access.postgresql() {
                        connection.execute(*statement).await?;
                    }
                    Ok(())
                })
            });
            reach(to.connect(), options).await?;
            Pool::PostgreSql(pool.connect_with(to).await?)
        }
        Backend::MySql => {
            let mut to = MySqlConnectOptions::from_url(&location.url)?;
            if let Some(password) = unnamed_password(location, options) {
                to = to.password(password);
            }
            // `||` is DataJoint's and everybody else's "or" on MySQL.
            let to = to.pipes_as_concat(false).disable_statement_logging();
            let pool = sized(MySqlPoolOptions::new(), options).after_connect(move |connection, _| {
                Box::pin(async move {
                    for statement in access.mysql() {
                        connection.execute(*statement).await?;
                    }
                    Ok(())
                })
            });
            reach(to.connect(), options).await?;
            Pool::MySql(pool.connect_with(to).await?)
        }
    })
}

/// Makes one connection, and gives it up. A pool takes a server that refuses for one that is starting, and waits.
async fn reach<C: sqlx::Connection>(
    connecting: impl Future<Output = Result<C, sqlx::Error>>,
    options: &ConnectOptions,
) -> Result<(), sqlx::Error> {
    match tokio::time::timeout(options.timeout, connecting).await {
        Ok(connection) => connection?.close().await,
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// The password of the options, where the URL has none.
fn unnamed_password<'a>(location: &Location, options: &'a ConnectOptions) -> Option<&'a str> {
    options
        .password
        .as_deref()
        .filter(|_| location.url.password().is_none())
}

fn sized<DB: sqlx::Database>(pool: PoolOptions<DB>, options: &ConnectOptions) -> PoolOptions<DB> {
    pool.max_connections(options.connections)
        .acquire_timeout(options.timeout)
}
