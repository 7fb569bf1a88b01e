//! Lists of assets. What the database does with them stands in `assets_few.sql`.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    fields::FieldFilter,
    order::{AfterAsset, AssetKey, AssetOrder},
};
use crate::{
    compliance::queries::{About, status},
    query::{Parameter, Statement, parameter},
    register::terms::{mark, of_company, of_tag, of_type, quoted, words},
};

/// An asset shows its position and its end, which other models keep.
const MODELS: &[&str] = &["register", "compliance", "expiry"];

/// Assets that are looked at one by one at most, once an index has found them by their terms: some 70 ms. A filter
/// that leaves more leaves so many of all that a walk along the order meets a page of them sooner.
const FEW_BY_TERMS: usize = 15_000;

/// The same of an index that takes a join to find them.
const FEW: usize = 5_000;

/// The same of those whose pools stand so: each takes two joins to find and a third to list.
const FEW_BY_STATUS: usize = 2_000;

/// The few are sorted before the day is looked at, which then ends with the page.
const SORTED: &str = "order by {key} {direction}, a.asset_id {direction} offset 0";

/// By name they are sorted before they are looked at.
const FEW_BY_NAME: &str =
    "(select * from few order by few.name {direction}, few.asset_id {direction} offset 0) few";

/// Where the names of the few stand that no term has told.
const NAMED: &str = "cross join lateral (select a.name from register.asset a \
    where a.tenant_id = $1 and a.asset_id = found.asset_id limit 1) a";

/// Companies whose names hold one word, beyond which the word is not looked up in names ahead: the index would be
/// asked for each.
const COMPANIES_MAX: usize = 100;

/// Words of a search; more are passed over.
const WORDS_MAX: usize = 20;

/// Which assets; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    /// Of which types.
    pub types: Option<Vec<Uuid>>,
    /// Whose.
    pub companies: Option<Vec<Uuid>>,
    /// Of which products, as they are written.
    pub products: Option<Vec<String>>,
    /// The keys of the same products: however they are written.
    pub product_keys: Option<Vec<String>>,
    /// Of which vendors, in lower case.
    pub vendors: Option<Vec<String>>,
    /// With all of these tags.
    pub tags: Option<Vec<String>>,
    /// How their pools stand.
    pub statuses: Option<Vec<String>>,
    /// Whose term ends before this day.
    pub expires_before: Option<NaiveDate>,
    /// Whose term ends after this day.
    pub expires_after: Option<NaiveDate>,
    /// Changed after this time.
    pub updated_after: Option<DateTime<Utc>>,
    /// Which ones.
    pub ids: Option<Vec<Uuid>>,
    /// With all of its words in their texts or in their company's name; the last one may go on. A text of signs
    /// alone finds nothing.
    pub search: Option<String>,
    /// Whether they are archived.
    pub archived: Option<bool>,
    /// With these values; all of them.
    pub fields: Vec<FieldFilter>,
}

/// The parameters of a statement, numbered as they come.
pub(super) struct Parameters(Vec<Parameter>);

impl Parameters {
    /// Adds one of a type; answers how SQL calls it.
    pub(super) fn bind(&mut self, value: Parameter, of: &str) -> String {
        self.0.push(value);
        format!("${}::{of}", self.0.len())
    }
}

/// A page of assets as they are on a day.
#[must_use]
pub fn assets(
    about: About<'_>,
    assets: Assets,
    order: &AssetOrder,
    after: Option<&AfterAsset>,
    limit: i64,
) -> Statement {
    let tenant = about.tenant;
    let (needs, vendor) = (
        Needs::of(&assets, Some(&order.key)),
        one_or_any(assets.vendors.as_deref()),
    );
    let fields = assets.fields.clone();
    let mut parameters = asked(about, assets);
    parameters.0.extend([
        parameter(after.map(|after| after.sort_key.clone())),
        parameter(after.map(|after| after.asset_id)),
        parameter(limit),
    ]);
    let (key, key_type) = match &order.key {
        AssetKey::Field { field, .. } => {
            let field = parameters.bind(parameter(field.clone()), "text");
            order.key.sql(&field)
        }
        key => key.sql(""),
    };
    let (beyond, direction) = match order.descending {
        true => ("<", "desc"),
        false => (">", "asc"),
    };
    let by_name = order.key == AssetKey::Name;
    let (few, few_key, few_id, sorted) = match order.key.is_indexed() {
        true if by_name => (FEW_BY_NAME, "a.found_name", "a.found_id", ""),
        true => ("few", "{key}", "a.asset_id", SORTED),
        false => ("few", "{key}", "a.asset_id", ""),
    };
    let sql = include_str!("../assets_page.sql")
        .replace("{columns}", include_str!("../assets_columns.sql"))
        .replace("{sort_key}", "page.sort_key")
        .replace("{few}", few)
        .replace("{few_key}", few_key)
        .replace("{few_id}", few_id)
        .replace("{sorted}", sorted);
    let sql = needs.fill(&sql, order.key.is_indexed());
    let sql = filtered(&sql, tenant, &fields, vendor, by_name, &mut parameters)
        .replace("{key}", &key)
        .replace("{key_type}", key_type.sql())
        .replace("{beyond}", beyond)
        .replace("{direction}", direction);
    statement(&sql, parameters, true)
}

/// How many assets there are of these, in the column `count`.
#[must_use]
pub fn asset_count(about: About<'_>, assets: Assets) -> Statement {
    let tenant = about.tenant;
    let (needs, vendor) = (
        Needs::of(&assets, None),
        one_or_any(assets.vendors.as_deref()),
    );
    let fields = assets.fields.clone();
    let mut parameters = asked(about, assets);
    let sql = needs.fill(include_str!("../assets_count.sql"), false);
    let sql = filtered(&sql, tenant, &fields, vendor, false, &mut parameters);
    statement(&sql, parameters, true)
}

/// One asset as it is on a day, archived or not.
#[must_use]
pub fn asset(about: About<'_>, asset: Uuid) -> Statement {
    let sql = include_str!("../asset.sql")
        .replace("{columns}", include_str!("../assets_columns.sql"))
        .replace("{sort_key}", "a.name");
    let mut parameters = of_day(about);
    parameters.0.push(parameter(asset));
    statement(&Needs::default().fill(&sql, true), parameters, false)
}

/// What the filters and the order ask about beside the asset itself.
#[derive(Clone, Copy, Default)]
struct Needs {
    company: bool,
    terms: bool,
    license: bool,
    pool: bool,
    expiry: bool,
}

impl Needs {
    const ALL: Self = Self {
        company: true,
        terms: false,
        license: true,
        pool: true,
        expiry: true,
    };

    fn of(assets: &Assets, key: Option<&AssetKey>) -> Self {
        let words = assets.search.is_some();
        let pool = assets.statuses.is_some();
        let by = |wanted: &[AssetKey]| key.is_some_and(|key| wanted.contains(key));
        Self {
            company: words || by(&[AssetKey::Company]),
            terms: words || assets.fields.iter().any(FieldFilter::is_by_terms),
            license: pool || assets.products.is_some() || by(&[AssetKey::Owned, AssetKey::InUse]),
            pool,
            expiry: assets.expires_before.is_some()
                || assets.expires_after.is_some()
                || by(&[AssetKey::ExpiryDate]),
        }
    }

    /// `by_index` says whether an index has the order, so that assets are walked along it.
    fn fill(self, sql: &str, by_index: bool) -> String {
        let joined = include_str!("../assets_joined.sql");
        let at_once = include_str!("../assets_at_once.sql");
        let walked = if by_index { joined } else { at_once };
        sql.replace("{joined}", &self.spell(joined))
            .replace("{walked}", &self.spell(walked))
            .replace("{looked_up}", &Self::ALL.spell(joined))
    }

    fn spell(self, joins: &str) -> String {
        [
            ("{company}", self.company),
            ("{terms}", self.terms),
            ("{license}", self.license),
            ("{pool}", self.pool),
            ("{expiry}", self.expiry),
        ]
        .iter()
        .fold(joins.to_owned(), |sql, (name, needed)| {
            sql.replace(name, &needed.to_string())
        })
        // Every asset has a company, so the planner may begin with either.
        .replace(
            "{company_join}",
            if self.company { "join" } else { "left join" },
        )
    }
}

/// An index is walked in its order for one vendor, not for several.
fn one_or_any(vendors: Option<&[String]>) -> &'static str {
    match vendors {
        Some([_]) => "= ($10::text[])[1]",
        _ => "= any ($10::text[])",
    }
}

fn filtered(
    sql: &str,
    tenant: Uuid,
    fields: &[FieldFilter],
    vendor: &str,
    by_name: bool,
    parameters: &mut Parameters,
) -> String {
    let mut filters = include_str!("../assets_filters.sql").replace("{vendor}", vendor);
    for field in fields {
        filters.push_str("  and ");
        filters.push_str(&field.sql(tenant, parameters));
        filters.push('\n');
    }
    let sql = sql.replace("{filters}", &filters);
    let (name, named) = match by_name {
        true => ("a.name", NAMED),
        false => ("null::text", ""),
    };
    let few = include_str!("../assets_few.sql")
        .replace("{name}", name)
        .replace("{named}", named)
        .replace("{few_by_status}", &FEW_BY_STATUS.to_string())
        .replace("{few}", &FEW.to_string())
        .replace("{few_by_terms}", &FEW_BY_TERMS.to_string())
        .replace("{companies_max}", &COMPANIES_MAX.to_string());
    few + &sql
}

fn statement(sql: &str, parameters: Parameters, planned_anew: bool) -> Statement {
    // A license that no pool row covers has no status, rather than a good one.
    let status = status("pool", "$4::bigint", "$5::bigint");
    let status = format!("case when pool.standing is not null then {status} end");
    Statement {
        models: MODELS,
        sql: sql.replace("{status}", &status).into(),
        parameters: parameters.0,
        planned_anew,
    }
}

fn of_day(about: About<'_>) -> Parameters {
    Parameters(vec![
        parameter(about.tenant),
        parameter(about.sees),
        parameter(about.day),
        parameter(about.settings.min_spare_seats),
        parameter(about.settings.spare_ratio_percent),
    ])
}

fn asked(about: About<'_>, assets: Assets) -> Parameters {
    let mark = mark(about.tenant);
    let facts = facts(&mark, about.sees.as_deref(), &assets);
    let search = assets.search.as_deref();
    let searched = search
        .filter(|text| !text.trim().is_empty())
        .map(|text| searched(&mark, text));
    let standings = assets.statuses.as_deref().map(standings);
    let mut parameters = of_day(about);
    parameters.0.extend([
        parameter(assets.types),
        parameter(assets.companies),
        parameter(assets.products),
        parameter(assets.product_keys),
        parameter(assets.vendors),
        parameter(assets.tags),
        parameter(assets.statuses),
        parameter(assets.expires_before),
        parameter(assets.expires_after),
        parameter(assets.updated_after),
        parameter(assets.ids),
        parameter(searched),
        parameter(facts),
        parameter(assets.archived),
        parameter(standings),
    ]);
    parameters
}

/// The words of a search as the database reads them, each as a term or the beginning of one.
fn searched(mark: &str, text: &str) -> Vec<String> {
    let mut words: Vec<String> = words(text).take(WORDS_MAX).collect();
    let Some(last) = words.pop() else {
        // No term is a mark alone.
        return vec![quoted(mark, "")];
    };
    let whole = words.iter().map(|word| quoted(mark, word));
    whole
        .chain([format!("{}:*", quoted(mark, &last))])
        .collect()
}

/// What an asset's terms must tell by the filters that they know of, as the database reads it.
fn facts(mark: &str, sees: Option<&[Uuid]>, assets: &Assets) -> Option<String> {
    let any = |terms: Vec<String>| {
        let terms: Vec<String> = terms.iter().map(|term| quoted(mark, term)).collect();
        format!("({})", terms.join(" | "))
    };
    let of_companies = |ids: &[Uuid]| ids.iter().copied().map(of_company).collect();
    let companies = [sees, assets.companies.as_deref()].into_iter().flatten();
    let mut all: Vec<String> = companies
        // Of no company there is nothing, which the filters tell.
        .filter(|ids| !ids.is_empty())
        .map(of_companies)
        .map(any)
        .collect();
    if let Some(types) = &assets.types {
        all.push(any(types.iter().copied().map(of_type).collect()));
    }
    let tags = assets.tags.iter().flatten();
    all.extend(tags.map(|tag| any(vec![of_tag(tag)])));
    all.extend(assets.fields.iter().filter_map(FieldFilter::terms).map(any));
    (!all.is_empty()).then(|| all.join(" & "))
}

/// How pools of these statuses stand before the policy has judged them.
fn standings(statuses: &[String]) -> Vec<String> {
    let standing = |status: &String| match status.as_str() {
        "over_licensed" | "compliant" => "covered".to_owned(),
        _ => status.clone(),
    };
    statuses.iter().map(standing).collect()
}
