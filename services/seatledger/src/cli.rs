//! The command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use uuid::Uuid;

use crate::{
    admin, doctor,
    import::{self, Dates, Mark},
    keys::{self, VaultVerb},
    rebuild, remote,
    run::{self, Parts},
    settings::{Listen, Settings},
};

/// Tracks software licenses for managed service providers: what each client bought, what it uses, what runs
/// out when, and who changed what.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Runs everything in one process, with embedded servers for what the settings do not name.
    Run(Run),
    /// Runs the write side alone: HTTP commands and the relay.
    Command(Listen),
    /// Runs the projectors alone.
    Projectors(Listen),
    /// Runs the read side alone: HTTP queries.
    Query(Listen),
    /// Runs alone what watches the log and the calendars and finds alerts.
    Alerts(Listen),
    /// Runs alone what carries alerts and events to outside systems.
    Integrations(Listen),
    /// Opens MSP accounts.
    #[command(subcommand)]
    Tenant(Tenant),
    /// Issues and revokes API tokens.
    #[command(subcommand)]
    Token(Token),
    /// Fills the catalogs of products.
    #[command(subcommand)]
    Products(Products),
    /// Brings in what was kept elsewhere.
    #[command(subcommand)]
    Import(Import),
    /// Lists alerts and answers them, over HTTP.
    #[command(subcommand)]
    Alert(remote::Alert),
    /// Lists integrations and turns them on and off, over HTTP.
    #[command(subcommand)]
    Integration(remote::Integration),
    /// Builds a read model, or all of them, anew from the log.
    Rebuild {
        /// Which; all if none is named.
        model: Option<String>,
    },
    /// Rotates and destroys the keys that seal secrets.
    #[command(subcommand)]
    Vault(VaultVerb),
    /// Brings the databases up to date and ends. Every start does this by itself if it was given the
    /// migrator's password, or if the database is embedded.
    Migrate,
    /// Says which settings are in force and whether everything that Seatledger relies on works.
    Doctor,
}

/// How everything is run.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Loads a made MSP with companies and licenses, if there is no account yet.
    #[arg(long)]
    pub(crate) demo: bool,
    /// The name of the account that the first start opens.
    #[arg(long, default_value = "My MSP")]
    pub(crate) msp: String,
    /// The IANA time zone of that account's calendar.
    #[arg(long, default_value = "UTC")]
    pub(crate) time_zone: String,
    /// The currency of that account's bare amounts.
    #[arg(long, default_value = "USD")]
    pub(crate) currency: String,
}

/// What can be done about MSP accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    /// Opens an account and prints its first administrator's token, once.
    Create(CreateTenant),
    /// Lists the accounts.
    List,
}

/// An account to be opened.
#[derive(Debug, Args)]
pub(crate) struct CreateTenant {
    /// The MSP's name.
    #[arg(long)]
    pub(crate) name: String,
    /// The IANA time zone of its calendar.
    #[arg(long, default_value = "UTC")]
    pub(crate) time_zone: String,
    /// The currency of bare amounts.
    #[arg(long, default_value = "USD")]
    pub(crate) currency: String,
    /// The name of the first administrator.
    #[arg(long)]
    pub(crate) admin_name: String,
    /// The administrator's e-mail address.
    #[arg(long)]
    pub(crate) admin_email: String,
}

/// What can be done about tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Makes a token and prints it, once.
    Issue(IssueToken),
    /// Ends a token.
    Revoke {
        /// The whole text of the token, or its id: the UUID that was shown when it was issued.
        token: String,
        /// The MSP account, if there are several.
        #[arg(long)]
        tenant: Option<Uuid>,
    },
}

/// A token to be made.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("holder").required(true).args(["person", "integration"])))]
pub(crate) struct IssueToken {
    /// The MSP account, if there are several.
    #[arg(long)]
    pub(crate) tenant: Option<Uuid>,
    /// The name of the person whose it is.
    #[arg(long, requires = "email")]
    pub(crate) person: Option<String>,
    /// The person's e-mail address.
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The program whose it is.
    #[arg(long)]
    pub(crate) integration: Option<String>,
    /// What it is for.
    #[arg(long)]
    pub(crate) label: String,
    /// A company that it is limited to; may be repeated. Without one it sees all.
    #[arg(long = "company")]
    pub(crate) companies: Vec<Uuid>,
    /// Lets it reveal secrets.
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Lets it change types, policies and tokens.
    #[arg(long)]
    pub(crate) administer: bool,
}

/// What can be done about products.
#[derive(Debug, Subcommand)]
pub(crate) enum Products {
    /// Takes over the well-known products that an account's catalog does not have yet. A new account has them.
    Adopt {
        /// The MSP account, if there are several.
        #[arg(long)]
        tenant: Option<Uuid>,
    },
}

/// What can be brought in.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Licenses from a CSV or XLSX file. Run twice, it makes no duplicates.
    Licenses(ImportLicenses),
}

/// Licenses to be brought in.
#[derive(Debug, Args)]
pub(crate) struct ImportLicenses {
    /// The file. Its columns are named after the type's fields, with `company`, `tags` and `external_id` beside.
    pub(crate) file: PathBuf,
    /// The MSP account, if there are several.
    #[arg(long)]
    pub(crate) tenant: Option<Uuid>,
    /// The asset type, by name or id; the only type of licenses if there is one.
    #[arg(long = "type")]
    pub(crate) asset_type: Option<String>,
    /// Adds companies that are not known yet.
    #[arg(long)]
    pub(crate) create_companies: bool,
    /// How days with slashes are written, if the file has any.
    #[arg(long)]
    pub(crate) dates: Option<Dates>,
    /// What stands before decimals, where it could as well part thousands.
    #[arg(long)]
    pub(crate) decimal_mark: Option<Mark>,
}

impl Cli {
    pub(crate) async fn run(self) -> Result<()> {
        let settings = &self.settings;
        match self.verb {
            Verb::Run(options) => run::everything(settings, &options).await,
            Verb::Command(listen) => run::part(settings, &listen, Parts::COMMAND).await,
            Verb::Projectors(listen) => run::part(settings, &listen, Parts::PROJECTORS).await,
            Verb::Query(listen) => run::part(settings, &listen, Parts::QUERY).await,
            Verb::Alerts(listen) => run::part(settings, &listen, Parts::ALERTS).await,
            Verb::Integrations(listen) => run::part(settings, &listen, Parts::INTEGRATIONS).await,
            Verb::Tenant(Tenant::Create(options)) => admin::create_tenant(settings, &options).await,
            Verb::Tenant(Tenant::List) => admin::list_tenants(settings).await,
            Verb::Token(Token::Issue(options)) => admin::issue_token(settings, &options).await,
            Verb::Token(Token::Revoke { token, tenant }) => {
                admin::revoke_token(settings, &token, tenant).await
            }
            Verb::Products(Products::Adopt { tenant }) => {
                admin::adopt_products(settings, tenant).await
            }
            Verb::Import(Import::Licenses(options)) => import::licenses(settings, &options).await,
            Verb::Alert(verb) => remote::alert(settings, &verb).await,
            Verb::Integration(verb) => remote::integration(settings, &verb).await,
            Verb::Rebuild { model } => rebuild::rebuild(settings, model.as_deref()).await,
            Verb::Vault(verb) => keys::manage(settings, &verb).await,
            Verb::Migrate => admin::migrate(settings).await,
            Verb::Doctor => doctor::examine(settings).await,
        }
    }
}
