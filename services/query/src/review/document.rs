//! A review as a document to be handed to a client.

use domain::money::Amounts;
use reports::{Block, Column, Document, KeyFigure, Level, Paper, Period, Pin, Table, Value};

use super::{
    told::{
        Audience, Change, Ending, Listing, MissingSeats, MoneyKind, Position, Product, Review,
        Seats, SpareSeats, What, Yearly,
    },
    words::{counted, written},
};

/// The same review makes the same document.
pub(super) fn document(review: &Review, paper: Paper) -> Document {
    Document {
        title: "Quarterly license review".to_owned(),
        subtitle: Some(subtitle(review)),
        prepared_by: review.account.clone(),
        prepared_for: review.company.name.clone(),
        period: Some(Period {
            from: review.from,
            until: review.to,
        }),
        pin: Pin {
            day: review.as_of,
            entry: review.entry.try_into().unwrap_or_default(),
            hash: None,
        },
        paper,
        blocks: blocks(review),
        notes: notes(review),
    }
}

fn subtitle(review: &Review) -> String {
    match review.audience {
        Audience::Client => {
            "Where seats are spare or missing, what changed, and what is to be decided".to_owned()
        }
        Audience::Internal => "Internal: what the account pays. Not for clients".to_owned(),
    }
}

fn blocks(review: &Review) -> Vec<Block> {
    let heading = |text: &str| Block::Heading(Level::Section, text.to_owned());
    let money = Words::of(review);
    vec![
        Block::KeyFigures(figures(review, &money)),
        Block::Paragraph(summary(review, &money)),
        heading("Spare seats"),
        Block::Table(spare(review)),
        heading("Missing seats"),
        Block::Table(missing(
            "Seats in use without a license",
            "Missing",
            &review.short,
            &money,
            "No seat is missing.",
        )),
        heading("In use beyond what is billed"),
        Block::Table(missing(
            "Seats to be billed at the next true-up",
            "Beyond",
            &review.beyond_billed,
            &money,
            "Nothing is in use beyond what is billed.",
        )),
        heading("What renews or ends next"),
        Block::Table(ahead(review, &money)),
        heading("What changed"),
        Block::Table(positions(review)),
        Block::Table(changes(review)),
        heading("Decisions to take"),
        Block::Table(decisions(review)),
    ]
}

/// What the money of a review is called.
struct Words {
    yearly: &'static str,
    none: &'static str,
}

impl Words {
    const fn of(review: &Review) -> Self {
        match review.money {
            MoneyKind::Price => Self {
                yearly: "Price a year",
                none: "no price on record",
            },
            MoneyKind::Cost => Self {
                yearly: "Cost a year",
                none: "no cost on record",
            },
        }
    }
}

fn figures(review: &Review, money: &Words) -> Vec<KeyFigure> {
    let figures = &review.figures;
    let figure = |label: &str, value: Value, detail: Option<String>| KeyFigure {
        label: label.to_owned(),
        value,
        detail,
    };
    let yearly =
        |yearly: &Yearly| (!yearly.0.is_empty()).then(|| format!("{} a year", spoken(&yearly.0)));
    let unpriced = match figures.without_amount {
        0 => None,
        count => Some(format!(
            "{} with {}",
            counted(number(count), "license"),
            money.none
        )),
    };
    let incomplete = match figures.incomplete {
        0 => None,
        count => Some(format!(
            "{} without a current count",
            counted(number(count), "product")
        )),
    };
    vec![
        figure("Licenses", number(figures.licenses).into(), None),
        figure("Seats owned", figures.seats_owned.into(), None),
        figure("Seats in use", figures.seats_in_use.into(), incomplete),
        figure(
            "Seats missing",
            figures.short.into(),
            yearly(&figures.short_yearly),
        ),
        figure(
            "Seats spare",
            figures.spare.into(),
            yearly(&figures.spare_yearly),
        ),
        figure(money.yearly, amount(&figures.yearly), unpriced),
    ]
}

/// The review in a few sentences.
fn summary(review: &Review, money: &Words) -> String {
    let figures = &review.figures;
    let of = |yearly: &Yearly| match yearly.0.is_empty() {
        true => format!(" ({})", money.none),
        false => format!(" ({} a year)", spoken(&yearly.0)),
    };
    let mut said = Vec::new();
    if figures.licenses == 0 {
        said.push(format!(
            "No license is on record for {}.",
            written(review.as_of)
        ));
    }
    let short = figures.short - figures.beyond_billed;
    if short > 0 {
        let products = number(review.short.items.len() + review.short.more);
        said.push(format!(
            "{} missing in {}.",
            are(short),
            counted(products, "product")
        ));
    }
    if figures.beyond_billed > 0 {
        let yearly = of(&figures.beyond_billed_yearly);
        said.push(format!(
            "{} in use beyond what is billed so far{yearly}.",
            are(figures.beyond_billed)
        ));
    }
    if figures.licenses > 0 && figures.short == 0 && figures.incomplete == 0 {
        said.push("Everything in use is covered.".to_owned());
    }
    let part = |seats: &Seats, when: &str| {
        let yearly = of(&seats.yearly);
        let count = counted(seats.seats, "spare seat");
        (seats.seats > 0).then(|| format!("{count} can be given back {when}{yearly}."))
    };
    said.extend(part(&figures.recoverable_now, "now"));
    said.extend(part(&figures.recoverable_at_renewal, "at the renewal"));
    match number(review.ahead.ends.items.len() + review.ahead.ends.more) {
        0 => {}
        1 => said.push(format!(
            "1 term ends or can be decided on until {}.",
            written(review.ahead.until)
        )),
        count => said.push(format!(
            "{count} terms end or can be decided on until {}.",
            written(review.ahead.until)
        )),
    }
    match number(review.decisions.items.len() + review.decisions.more) {
        0 => said.push("Nothing waits for a decision.".to_owned()),
        1 => said.push("1 matter waits for a decision.".to_owned()),
        count => said.push(format!("{count} matters wait for a decision.")),
    }
    said.join(" ")
}

fn are(seats: i64) -> String {
    format!(
        "{} {}",
        counted(seats, "seat"),
        if seats == 1 { "is" } else { "are" }
    )
}

fn spare(review: &Review) -> Table {
    let columns = vec![
        Column::text("Product"),
        Column::number("Owned"),
        Column::number("In use"),
        Column::number("Spare"),
        Column::date("Since"),
        Column::number("Now"),
        Column::money("Saves a year"),
        Column::number("At renewal"),
        Column::money("Saves a year"),
        Column::date("Decide by"),
    ];
    let row = |line: &SpareSeats| {
        vec![
            called(&line.pool),
            line.owned.into(),
            line.in_use.into(),
            line.spare.into(),
            line.since.into(),
            line.recoverable_now.seats.into(),
            amount(&line.recoverable_now.yearly),
            line.recoverable_at_renewal.seats.into(),
            amount(&line.recoverable_at_renewal.yearly),
            line.renewal_on.into(),
        ]
    };
    let mut table = table(
        "Seats that can be given back",
        columns,
        &review.spare,
        row,
        "No seat is spare.",
    );
    let figures = &review.figures;
    let (now, later) = (&figures.recoverable_now, &figures.recoverable_at_renewal);
    if !review.spare.items.is_empty() {
        table.totals = totals(
            &[&now.yearly, &later.yearly],
            |[now_sum, later_sum], first| {
                let seats = |seats: i64| if first { seats.into() } else { Value::Empty };
                vec![
                    "Total".into(),
                    Value::Empty,
                    Value::Empty,
                    seats(figures.spare),
                    Value::Empty,
                    seats(now.seats),
                    now_sum,
                    seats(later.seats),
                    later_sum,
                    Value::Empty,
                ]
            },
        );
    }
    table
}

fn missing(
    caption: &str,
    seats: &str,
    lines: &Listing<MissingSeats>,
    money: &Words,
    if_empty: &str,
) -> Table {
    let columns = vec![
        Column::text("Product"),
        Column::number("Owned"),
        Column::number("In use"),
        Column::number(seats),
        Column::date("Since"),
        Column::money(money.yearly),
    ];
    let row = |line: &MissingSeats| {
        let mut product = called(&line.pool);
        if let (true, Value::Text(name)) = (line.expired, &mut product) {
            name.push_str(" – term has ended");
        }
        vec![
            product,
            line.owned.into(),
            line.in_use.into(),
            line.missing.into(),
            line.since.into(),
            amount(&line.yearly),
        ]
    };
    table(caption, columns, lines, row, if_empty)
}

fn ahead(review: &Review, money: &Words) -> Table {
    let columns = vec![
        Column::text("License"),
        Column::date("Decide by"),
        Column::date("Term ends"),
        Column::text("Renews itself"),
        Column::text("Decision"),
        Column::number("Seats"),
        Column::money(money.yearly),
    ];
    let row = |line: &Ending| {
        vec![
            line.name.as_str().into(),
            line.deadline.into(),
            line.expiry_date.into(),
            if line.auto_renew { "Yes" } else { "No" }.into(),
            decided(line),
            line.seats.into(),
            amount(&line.yearly),
        ]
    };
    let caption = format!("Until {}", written(review.ahead.until));
    table(
        &caption,
        columns,
        &review.ahead.ends,
        row,
        "Nothing renews or ends.",
    )
}

fn decided(line: &Ending) -> Value {
    let decision = match (line.decision, line.quantity) {
        (Some("renew"), _) => "Renew".to_owned(),
        (Some("change"), Some(seats)) => format!("Change to {}", counted(seats, "seat")),
        (Some("change"), None) => "Change".to_owned(),
        (Some(_), _) => "Let it end".to_owned(),
        (None, _) if line.presumed => "Open; last renewal unconfirmed".to_owned(),
        (None, _) => "Open".to_owned(),
    };
    match &line.note {
        Some(note) => format!("{decision}: {note}").into(),
        None => decision.into(),
    }
}

fn positions(review: &Review) -> Table {
    let changes = &review.changes;
    let columns = vec![
        Column::text("Product"),
        Column::number("Owned before"),
        Column::number("Owned now"),
        Column::number("In use before"),
        Column::number("In use now"),
    ];
    let row = |line: &Position| {
        vec![
            called(&line.pool),
            line.owned_before.into(),
            line.owned.into(),
            line.in_use_before.into(),
            line.in_use.into(),
        ]
    };
    let all = changes.positions.items.iter();
    let changed: Vec<Position> = all.filter(|line| line.is_changed()).cloned().collect();
    let same = changes.positions.items.len() - changed.len();
    // What changed comes first: only if all that is shown did, some of what is not shown may have too.
    let more = if same == 0 { changes.positions.more } else { 0 };
    let lines = Listing {
        items: changed,
        more,
    };
    let caption = format!(
        "Seats on {} and on {}",
        written(changes.since),
        written(review.as_of)
    );
    let mut table = table(
        &caption,
        columns,
        &lines,
        row,
        "No number of seats changed.",
    );
    let same = number(same + changes.positions.more - more);
    if same > 0 {
        table
            .notes
            .push(format!("{} without a change.", counted(same, "product")));
    }
    table
}

fn changes(review: &Review) -> Table {
    let changes = &review.changes;
    let columns = vec![
        Column::date("Day"),
        Column::text("License"),
        Column::text("What"),
        Column::number("Seats"),
        Column::date("Until"),
    ];
    let lists = [
        &changes.new,
        &changes.renewed,
        &changes.ended,
        &changes.transferred,
    ];
    let mut items: Vec<Change> = lists
        .iter()
        .flat_map(|list| list.items.iter().cloned())
        .collect();
    items.sort_by_key(|line| line.on);
    let more = lists.iter().map(|list| list.more).sum();
    let row = |line: &Change| {
        vec![
            line.on.into(),
            line.name.as_str().into(),
            what(line.what).into(),
            line.seats.into(),
            line.until.into(),
        ]
    };
    let lines = Listing { items, more };
    table(
        "Licenses that came, went or were renewed",
        columns,
        &lines,
        row,
        "No license came or went.",
    )
}

const fn what(what: What) -> &'static str {
    match what {
        What::New => "New",
        What::Renewed => "Renewed",
        What::Ended => "Term ended",
        What::Archived => "No longer tracked",
        What::Received => "Taken over",
        What::GivenAway => "Given to another company",
    }
}

fn decisions(review: &Review) -> Table {
    let columns = vec![
        Column::text("What"),
        Column::date("Decide by"),
        Column::text("Noted"),
    ];
    let row = |line: &super::told::Decision| {
        let noted = if line.acknowledged { "Yes" } else { "" };
        vec![
            line.text.as_str().into(),
            line.deadline.into(),
            noted.into(),
        ]
    };
    table(
        "Open matters, the gravest first",
        columns,
        &review.decisions,
        row,
        "Nothing waits for a decision.",
    )
}

fn notes(review: &Review) -> Vec<String> {
    let figures = &review.figures;
    let mut notes = vec![
        match review.money {
            MoneyKind::Price => {
                "Prices are those on record for you on the day of the review, for a whole year."
            }
            MoneyKind::Cost => {
                "Costs are what the account pays on the day of the review, for a whole year."
            }
        }
        .to_owned(),
    ];
    if figures.without_amount > 0 {
        notes.push(format!(
            "Of {} there is {}: sums leave {} out.",
            counted(number(figures.without_amount), "license"),
            // `no price on record` as it stands.
            Words::of(review).none,
            if figures.without_amount == 1 {
                "it"
            } else {
                "them"
            },
        ));
    }
    if figures.incomplete > 0 {
        notes.push(format!(
            "Of {} a count is missing or outdated: the figures say less than the truth.",
            counted(number(figures.incomplete), "product")
        ));
    }
    notes.push(
        "Seats that are spare in one product don't make up for seats that are missing in another. A term is in force \
         all of its last day."
            .to_owned(),
    );
    notes
}

/// A table of a list, which says how many lines it leaves out.
fn table<T>(
    caption: &str,
    columns: Vec<Column>,
    lines: &Listing<T>,
    row: impl Fn(&T) -> Vec<Value>,
    if_empty: &str,
) -> Table {
    let mut table = Table::new(caption, columns, if_empty);
    table.rows = lines.items.iter().map(row).collect();
    if lines.more > 0 {
        table.notes.push(format!(
            "{} more are not shown; sums count them.",
            lines.more
        ));
    }
    table
}

/// A row of sums for each currency; one without money where there is none.
fn totals<const N: usize>(
    sums: &[&Yearly; N],
    row: impl Fn([Value; N], bool) -> Vec<Value>,
) -> Vec<Vec<Value>> {
    let currencies: std::collections::BTreeSet<_> = sums
        .iter()
        .flat_map(|sum| sum.0.0.keys().copied())
        .collect();
    if currencies.is_empty() {
        return vec![row(std::array::from_fn(|_| Value::Empty), true)];
    }
    let of = |sum: &Yearly, currency| sum.0.iter().find(|money| money.currency == currency);
    let rows = currencies.into_iter().enumerate();
    rows.map(|(at, currency)| {
        row(
            std::array::from_fn(|sum| of(sums[sum], currency).into()),
            at == 0,
        )
    })
    .collect()
}

/// A product; how its seats are counted is told where it is not by users, as it is of most.
fn called(pool: &Product) -> Value {
    let by = match pool.metric.as_str() {
        "per_user" => return pool.product.as_str().into(),
        "per_device" => "per device",
        "per_core" => "per core",
        other => other,
    };
    format!("{} ({by})", pool.product).into()
}

fn amount(yearly: &Yearly) -> Value {
    let mut sums = yearly.0.iter();
    match (sums.next(), sums.next()) {
        (None, _) => Value::Empty,
        (Some(one), None) => one.into(),
        _ => spoken(&yearly.0).into(),
    }
}

/// `EUR 12.00; USD 5.00`.
fn spoken(amounts: &Amounts) -> String {
    let all = amounts.iter().map(|sum| {
        format!(
            "{} {}",
            sum.currency,
            grouped(&crate::money::text(sum.amount))
        )
    });
    all.collect::<Vec<_>>().join("; ")
}

/// With commas between thousands, as the tables have it.
fn grouped(number: &str) -> String {
    let (whole, rest) = number
        .split_once('.')
        .map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(rest) = rest {
        grouped.push('.');
        grouped.push_str(rest);
    }
    grouped
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
