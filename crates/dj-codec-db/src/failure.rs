//! What a database server's errors mean, in words that say what to do.

use std::io;

use dj_codec_api::{Error, ErrorKind};

/// An error of the driver in our words. The driver never repeats passwords, and neither do we.
pub(crate) fn explain(error: sqlx::Error, place: &str) -> Error {
    let found = match &error {
        sqlx::Error::Configuration(_) => Error::config("the URL of the database cannot be used")
            .advise("use postgres://USER:PASSWORD@HOST:PORT/DATABASE or mysql://USER:PASSWORD@HOST:PORT"),
        failed if is_of_encryption(failed) => {
            Error::config("no encrypted connection to the database could be made").advise(
                "check sslmode= in the URL (ssl-mode= for MySQL) and the certificate authority (sslrootcert=, ssl-ca=)",
            )
        }
        sqlx::Error::Io(_) => Error::store("the database server cannot be reached, or the connection broke")
            .advise("check host and port, and that the server takes connections from this machine"),
        sqlx::Error::PoolTimedOut => Error::store("no connection to the database was to be had in time")
            .advise("the server may be full or out of reach; try again, or allow fewer connections"),
        sqlx::Error::Database(answer) => {
            let (kind, message, advice) = match of_code(answer.code().as_deref(), mysql_number(&error)) {
                Some(known) => known,
                None => (ErrorKind::Store, "the database refused a query", None),
            };
            let found = Error::new(kind, message);
            match advice {
                Some(advice) => found.advise(advice),
                None => found,
            }
        }
        _ => Error::store("the database could not be asked"),
    };
    found.at(place).caused_by(error)
}

/// The same of a first connection: where nobody answers, there is no such database as far as anybody can tell.
pub(crate) fn explain_connecting(error: sqlx::Error, place: &str) -> Error {
    let found = match &error {
        failed if is_of_encryption(failed) => return explain(error, place),
        // No network says that; a file with certificates that is not there does.
        sqlx::Error::Io(failed) if failed.kind() == io::ErrorKind::NotFound => Error::config(
            "a file that the URL of the database names is not there",
        )
        .advise("check sslrootcert=, sslcert= and sslkey= (ssl-ca=, ssl-cert= and ssl-key= for MySQL)"),
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => {
            Error::not_found("no database server answers there")
                .advise("check host and port, and that the server takes connections from this machine")
        }
        _ => return explain(error, place),
    };
    found.at(place).caused_by(error)
}

/// Whether encryption is what failed. What is wrong with a certificate comes as data that are not valid.
fn is_of_encryption(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(failed) => failed.kind() == io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// The same where something was to be written.
pub(crate) fn explain_writing(error: sqlx::Error, place: &str) -> Error {
    let Some(answer) = error.as_database_error() else {
        return explain(error, place);
    };
    let (state, number) = (answer.code(), mysql_number(&error));
    let found = match (number, state.as_deref()) {
        (Some(1044 | 1142 | 1143 | 1227), _) | (None, Some("42501")) => Error::new(
            ErrorKind::PermissionDenied,
            "this user may not change that, or not make the table that the change is noted in",
        )
        .advise(
            "ask for the rights to SELECT and UPDATE the table, and to CREATE tables in its schema (there also SELECT, INSERT, \
             UPDATE and DELETE)",
        ),
        (Some(1290 | 1792 | 1836), _) | (None, Some("25006")) => Error::new(
            ErrorKind::PermissionDenied,
            "the server only reads: it is a replica, or was told so",
        )
        .advise("name the server that is written to"),
        (Some(1153), _) => Error::store("the value is larger than the server takes in one packet")
            .advise("raise max_allowed_packet of the server"),
        (Some(1114 | 1021), _) | (None, Some("53100")) => {
            Error::store("the server's disk is full").advise("make room there, and run it again")
        }
        _ => return explain(error, place),
    };
    found.at(place).caused_by(error)
}

fn mysql_number(error: &sqlx::Error) -> Option<u16> {
    let answer = error.as_database_error()?;
    let answer = answer.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()?;
    Some(answer.number())
}

type Known = (ErrorKind, &'static str, Option<&'static str>);

/// The meaning of SQLSTATE, and of MySQL's own numbers, which are finer.
fn of_code(state: Option<&str>, number: Option<u16>) -> Option<Known> {
    let refused: Known = (
        ErrorKind::PermissionDenied,
        "the database refuses this user or password",
        Some("check user and password in the URL, and from where that user may connect"),
    );
    let no_database: Known = (
        ErrorKind::NotFound,
        "there is no such database",
        Some(
            "on PostgreSQL the URL ends with the database that holds the schemas, often /postgres or the lab's name",
        ),
    );
    let no_right: Known = (
        ErrorKind::PermissionDenied,
        "this user may not read that",
        Some("ask for the right to SELECT from the schema's tables (on PostgreSQL also USAGE of the schema)"),
    );
    let not_encrypted: Known = (
        ErrorKind::PermissionDenied,
        "the database takes encrypted connections only",
        Some("leave ssl-mode= out of the URL, or ask for REQUIRED"),
    );
    let no_table: Known = (
        ErrorKind::NotFound,
        "the table is not there",
        Some("it may have been dropped meanwhile; list the tables again"),
    );
    match (number, state) {
        (Some(1045 | 1698 | 1130 | 1251), _) | (None, Some("28P01" | "28000")) => Some(refused),
        (Some(3159), _) => Some(not_encrypted),
        (Some(1049), _) | (None, Some("3D000")) => Some(no_database),
        (Some(1044 | 1142 | 1143 | 1227), _) | (None, Some("42501")) => Some(no_right),
        (Some(1146), _) | (None, Some("42P01")) => Some(no_table),
        (Some(1792), _) | (None, Some("25006")) => Some((
            ErrorKind::PermissionDenied,
            "the connection only reads, and was asked to write",
            None,
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_from_a_server_that_does_not_answer() {
        let io = |kind: io::ErrorKind| sqlx::Error::Io(io::Error::new(kind, "why"));
        for (error, kind, words) in [
            (
                io(io::ErrorKind::ConnectionRefused),
                ErrorKind::NotFound,
                "no database server answers",
            ),
            (
                io(io::ErrorKind::InvalidData),
                ErrorKind::Config,
                "no encrypted connection",
            ),
            (
                sqlx::Error::Tls("why".into()),
                ErrorKind::Config,
                "no encrypted connection",
            ),
            (
                io(io::ErrorKind::NotFound),
                ErrorKind::Config,
                "names is not there",
            ),
            (
                sqlx::Error::PoolTimedOut,
                ErrorKind::NotFound,
                "no database server answers",
            ),
        ] {
            let error = explain_connecting(error, "mysql://db");
            assert_eq!(error.kind(), &kind, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
        let broken = explain(io(io::ErrorKind::UnexpectedEof), "mysql://db");
        assert_eq!(broken.kind(), &ErrorKind::Store);
    }
}
