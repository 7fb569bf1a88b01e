//! The settings as they may be shown: without user, password or token.

use tokio_postgres::config::Host;

use crate::settings::Settings;

/// The settings in force.
pub(super) fn in_force(settings: &Settings) -> Vec<(&'static str, String)> {
    let database = |url: &Option<String>, otherwise: &str| {
        url.as_deref().map_or(otherwise.to_owned(), database)
    };
    let nats_url = settings.nats_url.as_deref();
    let module = settings.pkcs11_module.as_ref();
    vec![
        (
            "SEATLEDGER_DATA_DIR",
            settings.data_dir.display().to_string(),
        ),
        ("DATABASE_URL", database(&settings.database_url, "embedded")),
        (
            "READ_DATABASE_URL",
            database(&settings.read_database_url, "the log's"),
        ),
        ("NATS_URL", nats_url.map_or("embedded".to_owned(), nats)),
        (
            "PKCS11_MODULE",
            module.map_or("embedded SoftHSM".to_owned(), |path| {
                path.display().to_string()
            }),
        ),
        ("PKCS11_TOKEN_LABEL", settings.pkcs11_token_label.clone()),
        ("SEATLEDGER_LOG", settings.log.clone()),
    ]
}

/// Where a database is: its hosts and its name.
fn database(url: &str) -> String {
    const NOT_SHOWN: &str = "no PostgreSQL connection string";
    let Ok(config) = url.parse::<tokio_postgres::Config>() else {
        return NOT_SHOWN.to_owned();
    };
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    };
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let shown = format!(
        "{}, database {}",
        hosts.join(", "),
        config.get_dbname().unwrap_or("not named")
    );
    // A password with an unescaped @ leaves its rest to the host.
    if shown.contains('@') {
        NOT_SHOWN.to_owned()
    } else {
        shown
    }
}

/// Where NATS is. Of several servers with a password, the last.
fn nats(url: &str) -> String {
    // Whatever stands before the last @ may be part of a password, commas and slashes too.
    let hosts = url.rsplit('@').next().unwrap_or_default();
    let host = |url: &str| {
        let bare = url.split_once("://").map_or(url, |(_, bare)| bare);
        let end = bare.find(['/', '?', '#']).unwrap_or(bare.len());
        bare[..end].to_owned()
    };
    let hosts: Vec<String> = hosts.split(',').map(host).collect();
    hosts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_shown_by_host_and_name_alone() {
        let table = [
            (
                "postgresql://db.example/seatledger",
                "db.example, database seatledger",
            ),
            (
                "postgresql://me:hunter2@db.example:5433/log",
                "db.example, database log",
            ),
            (
                "host=one,two user=me password=hunter2 dbname=log",
                "one, two, database log",
            ),
            (
                "postgresql://db.example/log?user=me&password=hunter2",
                "db.example, database log",
            ),
            (
                "postgresql:///log?host=/run/pg&password=hunter2",
                "/run/pg, database log",
            ),
            (
                "postgresql://me:1/hunter2@db.example/log",
                "db.example, database log",
            ),
            (
                "postgresql://me:hunt@er2@db.example/log",
                "no PostgreSQL connection string",
            ),
            (
                "host=db.example password=hunter2 hunter3",
                "no PostgreSQL connection string",
            ),
        ];
        for (url, shown) in table {
            assert_eq!(database(url), shown, "{url}");
        }
    }

    #[test]
    fn nats_is_shown_by_host_alone() {
        let table = [
            ("nats://nats.example:4222", "nats.example:4222"),
            ("nats.example", "nats.example"),
            ("nats://me:hunter2@nats.example:4222", "nats.example:4222"),
            ("nats://hunter2@nats.example", "nats.example"),
            (
                "tls://me:h@n,t/e://r2@nats.example:4222/?x=hunter2",
                "nats.example:4222",
            ),
            ("nats://one:4222,nats://two:4222", "one:4222, two:4222"),
        ];
        for (url, shown) in table {
            assert_eq!(nats(url), shown, "{url}");
        }
    }
}
