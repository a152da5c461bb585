//! Where a database is: the URL that a person gives.

use std::fmt;

use dj_codec_api::{Error, Result};
use url::Url;

/// Which of the two dialects a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// PostgreSQL.
    PostgreSql,
    /// MySQL or MariaDB.
    MySql,
}

/// A parsed URL. Its text never holds the password.
#[derive(Clone)]
pub(crate) struct Location {
    pub(crate) backend: Backend,
    pub(crate) url: Url,
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({})", self.shown())
    }
}

impl Location {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let forms = "use postgres://USER:PASSWORD@HOST:PORT/DATABASE or mysql://USER:PASSWORD@HOST:PORT";
        // The text may hold a password, and so is not repeated.
        let mut url = Url::parse(text).map_err(|error| {
            Error::config("the URL of the database cannot be read")
                .advise(forms)
                .caused_by(error)
        })?;
        let backend = match url.scheme() {
            "postgres" | "postgresql" => Backend::PostgreSql,
            "mysql" | "mariadb" => Backend::MySql,
            other => {
                return Err(
                    Error::config(format!("{other:?} is no database that DataJoint uses")).advise(forms),
                );
            }
        };
        if url.scheme() == "mariadb" {
            // The driver knows one name for both.
            let _ = url.set_scheme("mysql");
        }
        if url.host_str().unwrap_or_default().is_empty() {
            return Err(Error::config("the URL of the database names no host").advise(forms));
        }
        Ok(Self { backend, url })
    }

    /// The place without the password, for messages and reports.
    pub(crate) fn shown(&self) -> String {
        let scheme = match self.backend {
            Backend::PostgreSql => "postgres",
            Backend::MySql => "mysql",
        };
        let host = self.url.host_str().unwrap_or_default();
        let user = match self.url.username() {
            "" => String::new(),
            name => format!("{name}@"),
        };
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let path = self.url.path().trim_end_matches('/');
        format!("{scheme}://{user}{host}{port}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        for (text, shown) in [
            (
                "postgres://ann:s3cret@db:5433/lab?sslmode=require",
                "postgres://ann@db:5433/lab",
            ),
            ("postgresql://db/lab", "postgres://db/lab"),
            ("mysql://ann:s3cret@db/", "mysql://ann@db"),
            ("mariadb://ann:s3cret@db:3307", "mysql://ann@db:3307"),
        ] {
            let location = Location::parse(text).unwrap();
            assert_eq!(location.shown(), shown);
            if shown.starts_with("mysql") {
                assert_eq!(location.url.scheme(), "mysql");
            }
        }
        for text in [
            "ann:s3cret@db",
            "sqlite://s3cret",
            "postgres://ann:s3cret@/lab",
            "db.example.org",
            "mysql://ann:s3cret@db:port/",
            "",
        ] {
            let error = Location::parse(text).err().unwrap().report();
            assert!(error.contains("postgres://USER"), "{text}: {error}");
            assert!(!error.contains("s3cret"), "{text}: {error}");
        }
    }
}
