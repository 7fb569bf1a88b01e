//! Which pools a product's name or id finds.

use domain::product::ProductKey;
use read_models::catalog::queries;
use uuid::Uuid;
use web::problem::{Kind, Problem};

use crate::{read::Reading, row::Columns};

/// Products that one question may ask for: each name is looked up.
const PRODUCTS_MAX: usize = 20;

/// The keys of the pools whose licenses cover products, each told by its id, by one of its names or by a part number:
/// its own pools, and those of suites that hold it. A name that no product has finds the licenses that are called so.
/// None if no product is wanted.
pub(crate) async fn covering(
    reading: &Reading,
    wanted: &[String],
) -> Result<Option<Vec<String>>, Problem> {
    if wanted.is_empty() {
        return Ok(None);
    }
    if wanted.len() > PRODUCTS_MAX {
        let message = format!("at most {PRODUCTS_MAX} products can be asked for at once");
        return Err(Problem::new(Kind::BadQuery).with_error("product", message));
    }
    let (mut ids, mut keys) = (Vec::new(), Vec::new());
    for text in wanted {
        if let Ok(id) = text.trim().parse::<Uuid>() {
            ids.push(id);
            continue;
        }
        let asked = reading.ask(|asked| queries::resolve(asked.tenant, Some(text), Some(text)));
        match asked.await?.rows.first() {
            Some(row) => ids.push(row.read("product_id")?),
            None => keys.push(ProductKey::of_name(text).0),
        }
    }
    if !ids.is_empty() {
        let asked = reading.ask(|asked| queries::covering(asked.tenant, ids.clone()));
        for row in &asked.await?.rows {
            keys.push(row.read("product_key")?);
        }
    }
    Ok(Some(keys))
}
