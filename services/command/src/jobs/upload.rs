//! `POST /v1/imports`.

use std::collections::BTreeMap;

use axum::{
    Extension,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State as Shared},
    response::IntoResponse,
};
use domain::{FieldError, Violations, access::Principal, asset_type::AssetType};
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    access::Authenticated,
    extract::Query,
    headers::{IdempotencyKey, body_hmac},
    problem::{Causes, Kind, Problem, Problems},
};

use super::{
    content::{self, Content},
    file_key::{FileKey, KeyError},
    job::{Job, Shown},
    settings::Settings,
    store::{Jobs, NewJob, StoreError},
};
use crate::{
    bulk::Slots,
    call::reason_of,
    errors::vault_failed,
    imports::{
        Catalog, CatalogError, Companies, DateOrder, DecimalMark, FILE_BYTES_MAX, FileError,
        Mapping, Options, chosen,
    },
    state::State,
};

/// A form has some bytes around its file.
const FORM_BYTES: usize = 64 << 10;

/// Bytes of one field of a form beside the file: a mapping of some hundred columns.
const FIELD_BYTES_MAX: usize = 32 << 10;

/// Files that are read at once, by all accounts and by one: each is held in memory two or three times over.
const READ_AT_ONCE: (usize, usize) = (4, 2);

/// What a key of one account's job is derived from.
const JOBS: Uuid = Uuid::from_u128(0x53d1_8be0_4f0a_46a7_a6f8_0e1c_9b27_d4a5);

pub(super) fn routes() -> OpenApiRouter<State> {
    let (all, own) = READ_AT_ONCE;
    OpenApiRouter::new()
        .routes(routes!(import_file))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX + FORM_BYTES))
        .layer(Extension(Slots::new(all, own)))
}

/// How a file is to be read. In a form, fields of the same names count.
#[derive(Debug, Default, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// The type of the assets, by id or name; may be left out if there is only one type of licenses.
    asset_type: Option<String>,
    /// The company, by id or name, of rows that name none.
    company: Option<String>,
    /// Which column a field stands in, as JSON: the field's key (or `company`, `tags`, `external_id`, `asset_id`)
    /// with the column's name. What is not said is told from the columns' names.
    #[param(example = r#"{"product_name":"Software","total_seats":"Qty"}"#)]
    mapping: Option<String>,
    /// `true` decides every row and records nothing.
    #[param(example = "true")]
    dry_run: Option<String>,
    /// `create` adds companies that are not there yet; `reject`, the default, rejects their rows.
    on_missing_company: Option<String>,
    /// `day-first` or `month-first`, if days are not written as 2027-01-31.
    dates: Option<String>,
    /// `point` or `comma`, if numbers do not tell.
    decimal_mark: Option<String>,
    /// Why; shown in the history of all that it changes.
    reason: Option<String>,
}

/// A file in a form.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a form that is read part by part")]
struct Form {
    /// The CSV or XLSX file. The parameters may be fields beside it.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The job that was taken on, and where it is.
type Accepted = (StatusCode, [(HeaderName, String); 1], axum::Json<Shown>);

/// What is asked, once it is understood.
struct Terms {
    mapping: Mapping,
    options: Options,
    dry_run: bool,
    reason: Option<String>,
}

/// Import assets from a CSV or XLSX file of at most 50 MiB and 100,000 rows. Answers a job to watch. Every row is
/// decided by the rules of a single write: it lands, or is told with its line and all that is wrong with it. A blank
/// cell changes nothing. Days are read from 2027-01-31, and cells that an export defanged are taken back.
///
/// A row is about the asset that its `asset_id` names, else the one with its `external_id`, else the one that a row
/// like it made before: of the same company, type and `identity` (the product, vendor, metric, purchase date and
/// order number that the row names). So the same file twice changes nothing, and two companies with the same product
/// stay apart.
///
/// License lists of Snipe-IT are recognized by their columns. A file with secrets is kept sealed, without the columns
/// that are passed over, and only until the job ends.
#[utoipa::path(
    post,
    path = "/v1/imports",
    tag = "Imports",
    params(Asked, ("Idempotency-Key" = Option<String>, Header, description = "Makes the request safe to repeat: the same key is answered the same job.")),
    request_body(content(
        (String = "text/csv"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (Form = "multipart/form-data"),
    )),
    responses((status = 202, description = "It will be worked off.", body = Shown), Problems),
    security(("token" = []))
)]
async fn import_file(
    Authenticated(principal): Authenticated,
    IdempotencyKey(key): IdempotencyKey,
    Shared(state): Shared<State>,
    Extension(slots): Extension<Slots>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<Accepted, Problem> {
    state.check_token(principal.clone()).await?;
    let (jobs, catalog) = state.imports().ok_or(Problem::new(Kind::NotFound))?;
    let _slot = slots
        .take(principal.tenant.0)
        .ok_or_else(|| Problem::new(Kind::Busy).with_detail("too many files are being read"))?;
    let (asked, file) = received(asked, request).await?;
    let name =
        key.map(|key| Uuid::new_v5(&JOBS, format!("{}\n{key}", principal.token.0).as_bytes()));
    let hmac = request_hmac(&state, &asked, &file);
    let job = name.unwrap_or_else(|| state.new_id());
    if name.is_some()
        && let Some(known) = jobs.find(principal.tenant, job).await?
    {
        return again(known, &hmac);
    }
    let (content, settings) = read(catalog, &principal, asked, file).await?;
    let new = kept(&state, &principal, job, hmac.clone(), content, &settings).await?;
    match jobs.insert(&new).await {
        Ok(()) => {}
        Err(StoreError::TooMany) => return Err(StoreError::TooMany.into()),
        // The same request may have come twice at once.
        Err(error) => match jobs.find(principal.tenant, job).await {
            Ok(Some(known)) => return again(known, &hmac),
            _ => return Err(error.into()),
        },
    }
    accepted(find(jobs, &principal, job).await?)
}

async fn find(jobs: &Jobs, principal: &Principal, job: Uuid) -> Result<Job, Problem> {
    let job = jobs.find(principal.tenant, job).await?;
    job.ok_or(Problem::new(Kind::NotFound))
}

fn again(known: Job, hmac: &[u8]) -> Result<Accepted, Problem> {
    if known.request_hmac != hmac {
        return Err(Problem::new(Kind::KeyReused));
    }
    accepted(known)
}

fn accepted(job: Job) -> Result<Accepted, Problem> {
    let location = [(header::LOCATION, format!("/v1/jobs/{}", job.job_id))];
    Ok((StatusCode::ACCEPTED, location, axum::Json(job.shown())))
}

/// The file, and what is asked of it.
async fn received(asked: Asked, request: Request) -> Result<(Asked, Bytes), Problem> {
    let content_type = essence(request.headers());
    match content_type.as_str() {
        "multipart/form-data" => of_form(asked, request).await,
        "text/csv"
        | "application/csv"
        | "text/plain"
        | "application/octet-stream"
        | "application/vnd.ms-excel"
        | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
            let file = Bytes::from_request(request, &())
                .await
                .map_err(|rejection| unread(rejection.into_response().status()))?;
            Ok((asked, file))
        }
        _ => Err(Problem::new(Kind::UnsupportedMediaType)
            .with_detail("send text/csv, an XLSX file, or multipart/form-data with a part `file`")),
    }
}

fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

async fn of_form(asked: Asked, request: Request) -> Result<(Asked, Bytes), Problem> {
    let malformed = |_| Problem::new(Kind::MalformedBody).with_detail("the form can't be read");
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(malformed)?;
    let mut fields = match serde_json::to_value(&asked) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let mut file = None;
    while let Some(part) = form
        .next_field()
        .await
        .map_err(|error| unread(error.status()))?
    {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(|error| unread(error.status()))?;
        if name == "file" {
            file = Some(bytes);
            continue;
        }
        let text = (bytes.len() <= FIELD_BYTES_MAX)
            .then(|| String::from_utf8(bytes.to_vec()).ok())
            .flatten()
            .filter(|text| !text.contains('\0'));
        let text = text.ok_or_else(|| {
            let message = format!("must be a text of at most {FIELD_BYTES_MAX} bytes");
            Problem::new(Kind::Validation).with_error(name.clone(), message)
        })?;
        if !fields.contains_key(&name) {
            let message = "is no field of this form";
            return Err(Problem::new(Kind::Validation).with_error(name, message));
        }
        fields.insert(name, text.into());
    }
    let asked = serde_json::from_value(fields.into()).map_err(|error| Problem::internal(&error))?;
    let file = file.ok_or_else(|| {
        Problem::new(Kind::Validation)
            .with_error("file", "is missing: a part of this name holds it")
    })?;
    Ok((asked, file))
}

fn unread(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return file_problem(&FileError::TooLarge);
    }
    Problem::new(Kind::MalformedBody).with_detail("the body can't be read")
}

fn request_hmac(state: &State, asked: &Asked, file: &Bytes) -> Vec<u8> {
    let terms = serde_json::to_string(asked).unwrap_or_default();
    let target = format!("/v1/imports {terms}");
    body_hmac(state.receipt_key(), &Method::POST, &target, file).to_vec()
}

async fn read(
    catalog: &Catalog,
    principal: &Principal,
    asked: Asked,
    file: Bytes,
) -> Result<(Content, Settings), Problem> {
    let terms = terms(&asked)?;
    let types = catalog.asset_types(principal.tenant).await?;
    let asset_type = chosen(&types, asked.asset_type.as_deref())
        .map_err(|why| Problem::new(Kind::Validation).with_error("asset_type", why))?
        .clone();
    let companies = catalog.companies(principal).await?;
    let Terms {
        mapping,
        options,
        dry_run,
        reason,
    } = terms;
    let content = parsed(
        file,
        asset_type,
        companies,
        mapping,
        options.clone(),
        dry_run,
    )
    .await?;
    let settings = Settings {
        options,
        names: content.names.clone(),
        reason,
        understood: content.understood.clone(),
    };
    Ok((content, settings))
}

/// Reading a file takes seconds of pure work, which others must not wait for.
async fn parsed(
    file: Bytes,
    asset_type: AssetType,
    companies: Companies,
    mapping: Mapping,
    options: Options,
    dry_run: bool,
) -> Result<Content, Problem> {
    let reading = move || content::read(file, &asset_type, &companies, &mapping, options, dry_run);
    tokio::task::spawn_blocking(reading)
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| file_problem(&error))
}

/// The job as it is kept: sealed, if the file holds secrets.
async fn kept(
    state: &State,
    principal: &Principal,
    job: Uuid,
    request_hmac: Vec<u8>,
    content: Content,
    settings: &Settings,
) -> Result<NewJob, Problem> {
    let mut chunks = content.chunks;
    let file_key = if content.has_secrets {
        let vault = state
            .vault()
            .vault()
            .map_err(|error| vault_failed(&error))?;
        let key = FileKey::generate(principal.tenant, job)?;
        for (number, chunk) in (0..).zip(&mut chunks) {
            key.seal(number, chunk)?;
        }
        Some(key.wrap(&vault).await?)
    } else {
        None
    };
    Ok(NewJob {
        tenant: principal.tenant,
        job,
        token: principal.token,
        request_hmac,
        settings: serde_json::to_string(settings).map_err(|error| Problem::internal(&error))?,
        file_key,
        rows: content.rows,
        chunks,
    })
}

/// Understands the parameters, or tells all that is wrong with them.
fn terms(asked: &Asked) -> Result<Terms, Problem> {
    let mut wrong = Violations::default();
    let mut one_of = |field: &str, said: &Option<String>, words: &[&str]| {
        let said = said.as_deref().filter(|said| !said.is_empty())?;
        let place = words.iter().position(|word| *word == said);
        if place.is_none() {
            let message = format!("is {said:?}: {} is expected", words.join(" or "));
            wrong.add(field, message);
        }
        place
    };
    let dry_run = one_of("dry_run", &asked.dry_run, &["false", "true"]) == Some(1);
    let missing = ["reject", "create"];
    let create = one_of("on_missing_company", &asked.on_missing_company, &missing) == Some(1);
    let orders = [DateOrder::DayFirst, DateOrder::MonthFirst];
    let dates = one_of("dates", &asked.dates, &["day-first", "month-first"]);
    let marks = [DecimalMark::Point, DecimalMark::Comma];
    let mark = one_of("decimal_mark", &asked.decimal_mark, &["point", "comma"]);
    let mapping = match asked.mapping.as_deref().filter(|text| !text.is_empty()) {
        None => Some(Mapping::new()),
        Some(text) => {
            let read = serde_json::from_str::<BTreeMap<String, String>>(text);
            let why = "must be a JSON object of texts, such as {\"total_seats\": \"Qty\"}";
            wrong.keep("mapping", read.map_err(|_| why))
        }
    };
    if let Err(domain::Refusal::Invalid(errors)) = wrong.check() {
        return Err(Problem::validation(errors));
    }
    Ok(Terms {
        mapping: mapping.unwrap_or_default(),
        options: Options {
            create_companies: create,
            company: asked.company.clone().filter(|named| !named.is_empty()),
            dates: dates.and_then(|at| orders.get(at).copied()),
            decimal_mark: mark.and_then(|at| marks.get(at).copied()),
        },
        dry_run,
        reason: reason_of(asked.reason.clone())?,
    })
}

/// What is wrong with a file, as the client is told.
fn file_problem(error: &FileError) -> Problem {
    let detail = || Causes(error).to_string();
    match error {
        FileError::TooLarge
        | FileError::TooManyRows
        | FileError::TooManyColumns
        | FileError::TooManyCells(_)
        | FileError::Bomb(_) => Problem::new(Kind::BodyTooLarge).with_detail(error.to_string()),
        FileError::Mapping(errors) => Problem::validation(errors.clone()),
        FileError::UnknownCompany(_) => Problem::validation([FieldError {
            field: "company".to_owned(),
            message: error.to_string(),
        }]),
        FileError::Workbook(_) => {
            tracing::debug!(error = detail(), "a workbook can't be read");
            Problem::new(Kind::Validation).with_error("file", error.to_string())
        }
        _ => Problem::new(Kind::Validation).with_error("file", error.to_string()),
    }
}

impl From<CatalogError> for Problem {
    fn from(error: CatalogError) -> Self {
        match &error {
            CatalogError::Event(_) => {
                tracing::error!(error = %Causes(&error), "an import met events of a newer release");
                Self::new(Kind::UpgradeRequired)
            }
            _ => Self::unavailable(&error),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match &error {
            KeyError::Vault(error) => vault_failed(error),
            _ => Self::internal(&error),
        }
    }
}
