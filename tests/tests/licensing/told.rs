//! One case, told over HTTP.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use tests::{Answer, Api, in_days};

/// A case being told. What its steps make is known by name: `$name` in a path or a body stands for its id,
/// `$name.0` for the first of several.
pub(crate) struct Told<'a> {
    api: &'a Api,
    number: usize,
    license_type: &'a Json,
    known: BTreeMap<String, Vec<Json>>,
    /// The last entry that was written.
    entry: i64,
}

impl<'a> Told<'a> {
    pub(crate) fn new(api: &'a Api, number: usize, license_type: &'a Json) -> Self {
        Self {
            api,
            number,
            license_type,
            known: BTreeMap::new(),
            entry: 0,
        }
    }

    /// Carries out the steps and compares the positions. Answers what is not as expected.
    pub(crate) async fn tell(&mut self, case: &Json) -> Vec<String> {
        for step in case["steps"].as_array().expect("steps") {
            if let Err(fault) = self.step(step).await {
                return vec![fault];
            }
        }
        let product = case["product"].as_str().map(|product| self.filled(product));
        let mut faults = Vec::new();
        for expected in case["positions"].as_array().expect("positions") {
            if let Err(fault) = self.position(expected, product.as_deref()).await {
                faults.push(fault);
            }
        }
        faults
    }

    async fn step(&mut self, step: &Json) -> Result<(), String> {
        self.meet_companies(step).await;
        if let Some(name) = step["register"].as_str() {
            return self.register(name, step).await;
        }
        let verb = ["post", "patch", "put"]
            .into_iter()
            .find(|verb| step[*verb].is_string())
            .expect("a step does something");
        let path = self.path(step[verb].as_str().expect("a path"));
        let body = self.resolved(&step["body"]);
        let answer = match verb {
            "post" => self.api.post(&path, body).await,
            "patch" => self.api.patch(&path, body).await,
            _ => self.api.put(&path, body).await,
        };
        if let Some(status) = step["status"].as_u64() {
            return if u64::from(answer.status.as_u16()) == status {
                Ok(())
            } else {
                Err(format!("{step}: {} {}", answer.status, answer.text))
            };
        }
        self.note(&answer, step)?;
        if let Some(name) = step["as"].as_str() {
            let answer = answer.json();
            let made = [
                &answer["assignment_ids"],
                &answer["purchase_id"],
                &answer["new_asset_id"],
                &answer["id"],
            ];
            let made = made
                .into_iter()
                .find(|made| !made.is_null())
                .expect("an id");
            let ids = made
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![made.clone()]);
            self.known.insert(name.to_owned(), ids);
        }
        Ok(())
    }

    async fn register(&mut self, name: &str, step: &Json) -> Result<(), String> {
        let mut values = self.resolved(&step["values"]);
        if values["product_name"].is_null() {
            values["product_name"] = json!(self.product());
        }
        let body = json!({
            "type_id": self.license_type,
            "company_id": self.id(step["at"].as_str().expect("a company")),
            "effective_on": step["effective_on"],
            "values": values,
        });
        let answer = self.api.post("/v1/assets", body).await;
        self.note(&answer, step)?;
        self.known
            .insert(name.to_owned(), vec![answer.json()["id"].clone()]);
        Ok(())
    }

    fn note(&mut self, answer: &Answer, step: &Json) -> Result<(), String> {
        if !answer.status.is_success() {
            return Err(format!("{step}: {} {}", answer.status, answer.text));
        }
        self.entry = answer.entry();
        Ok(())
    }

    /// Companies are added when they are first named; each case has its own.
    async fn meet_companies(&mut self, step: &Json) {
        let named = [step["at"].as_str(), step["body"]["company_id"].as_str()];
        for name in named.into_iter().flatten() {
            let name = name.trim_start_matches('$').to_owned();
            if !self.known.contains_key(&name) {
                let body = json!({"name": format!("{name} {}", self.number)});
                let id = self.api.post("/v1/companies", body).await.good()["id"].clone();
                self.known.insert(name, vec![id]);
            }
        }
    }

    async fn position(&self, expected: &Json, product: Option<&str>) -> Result<(), String> {
        let day = date(expected["on"].as_str().expect("a day"));
        let company = self.id(expected["at"].as_str().expect("a company"));
        let product = product.map_or_else(|| self.product(), str::to_owned);
        let query = format!(
            "/v1/compliance?company={}&as_of={day}&product={}",
            company.as_str().expect("an id"),
            product.replace(' ', "%20"),
        );
        let pools = self.api.get_at(self.entry, &query).await;
        let mut found = pools["items"].as_array().cloned().unwrap_or_default();
        if let Some(metric) = expected["metric"].as_str() {
            found.retain(|pool| pool["metric"] == metric);
        }
        if expected["no_pool"] == true {
            let none = found.is_empty();
            return none
                .then_some(())
                .ok_or_else(|| format!("{expected}: {found:?}"));
        }
        let [pool] = &found[..] else {
            return Err(format!("{expected}: {} pools: {found:?}", found.len()));
        };
        let told = ["on", "at"];
        let parts = expected.as_object().expect("an object").iter();
        let differs: Vec<String> = parts
            .filter(|(part, _)| !told.contains(&part.as_str()))
            .filter(|(part, value)| !holds(&pool[part.as_str()], value))
            .map(|(part, value)| format!("{part} is {}, not {value}", pool[part.as_str()]))
            .collect();
        if differs.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{} on {day}: {}",
            expected["at"],
            differs.join("; ")
        ))
    }

    fn product(&self) -> String {
        format!("product of case {}", self.number)
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{case}", &self.number.to_string())
            .replace("{product}", &self.product())
            .replace("{PRODUCT}", &self.product().to_uppercase())
    }

    fn id(&self, name: &str) -> Json {
        let (name, at) = match name.rsplit_once('.') {
            Some((name, at)) => (name, at.parse().expect("a number")),
            None => (name, 0),
        };
        let known = self
            .known
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not known"));
        known[at].clone()
    }

    /// `license/purchases/$bought/end` below the license's own path; from the root as it is.
    fn path(&self, told: &str) -> String {
        let told = if told.starts_with('/') {
            told.to_owned()
        } else {
            format!("/v1/assets/${told}")
        };
        let parts = told.split('/').map(|part| match part.strip_prefix('$') {
            Some(name) => self.id(name).as_str().expect("an id").to_owned(),
            None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }

    fn resolved(&self, told: &Json) -> Json {
        match told {
            Json::String(text) => match text.strip_prefix('$') {
                Some(name) => self.id(name),
                None => json!(self.filled(&date(text))),
            },
            Json::Array(all) => all.iter().map(|told| self.resolved(told)).collect(),
            Json::Object(parts) => parts
                .iter()
                .map(|(name, told)| (name.clone(), self.resolved(told)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }
}

/// `today+20` is a day; whatever else stays as it is.
fn date(text: &str) -> String {
    let days = text
        .strip_prefix("today")
        .and_then(|days| days.parse().ok());
    days.map_or_else(|| text.to_owned(), in_days)
}

/// Whether a value has what is expected of it: of an object the members that are named, of a list as many parts
/// as are named, each in its place.
fn holds(found: &Json, expected: &Json) -> bool {
    match (found, expected) {
        (Json::Object(found), Json::Object(expected)) => expected
            .iter()
            .all(|(name, part)| holds(found.get(name).unwrap_or(&Json::Null), part)),
        (Json::Array(found), Json::Array(expected)) => {
            found.len() == expected.len()
                && found
                    .iter()
                    .zip(expected)
                    .all(|(found, part)| holds(found, part))
        }
        _ => found == expected,
    }
}
