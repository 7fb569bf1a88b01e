//! Building read models anew, with a progress bar.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use projectors::{Model, Stage};

use crate::{
    run::rebuild_sources,
    servers::{Need, Servers},
    settings::Settings,
};

/// Builds one model, or all of them, and puts them in the place of the live ones.
pub(crate) async fn rebuild(settings: &Settings, model: Option<&str>) -> Result<()> {
    let models = match model {
        None => Model::ALL.to_vec(),
        Some(name) => match Model::ALL
            .into_iter()
            .find(|model| model.to_string() == name)
        {
            Some(model) => vec![model],
            None => {
                let known: Vec<String> = Model::ALL.iter().map(Model::to_string).collect();
                bail!("{name:?} is no read model: use one of {}", known.join(", "))
            }
        },
    };
    let servers = Servers::start(settings, Need::Databases).await?;
    let bar = ProgressBar::new(0);
    let style = "{msg} {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta} left";
    bar.set_style(ProgressStyle::with_template(style).context("the bar's template is wrong")?);
    let shown = bar.clone();
    let on_stage = Arc::new(move |stage| match stage {
        Stage::Folding { done, total } => {
            shown.set_message("folding the log");
            shown.set_length(u64::try_from(total).unwrap_or(0));
            shown.set_position(u64::try_from(done).unwrap_or(0));
        }
        Stage::Indexing { done, total } => {
            shown.set_message("making indexes");
            shown.set_length(total as u64);
            shown.set_position(done as u64);
        }
        Stage::Swapping => shown.set_message("putting them in place"),
    });
    let rebuilt = projectors::rebuild(&rebuild_sources(&servers)?, &models, on_stage).await;
    bar.finish_and_clear();
    let done = rebuilt
        .context("the live models stay as they are")
        .map(|rebuilt| {
            println!("rebuilt up to sequence {}", rebuilt.sequence);
            for (tenant, reason) in rebuilt.halted {
                println!("halted account {tenant}: {reason}");
            }
        });
    done.and(servers.stop().await)
}
