//! When things end, and by when something can still be done about it.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::prelude::ToPrimitive;

use crate::{
    asset::{Asset, Term},
    asset_type::{Agreement, AssetType, FieldRole},
    calendar,
    product::Catalog,
    timeline::{Interval, Timeline, intervals},
    value::Value,
};

/// A term's length where nothing tells it: most subscriptions are bought by the year.
const TERM_MONTHS_DEFAULT: u32 = 12;
/// A first term longer than this was renewed by hand in between, and says nothing of the next one's length.
const FIRST_TERM_MONTHS_MAX: u32 = 60;

/// What a term's length may be, in months: a field may have been given the role when it held other numbers.
const TERM_MONTHS: std::ops::RangeInclusive<u32> = 1..=1_200;

/// An asset seen as something that ends, through the roles of its type's fields.
#[derive(Debug, Clone)]
pub struct Expiring<'a> {
    asset: &'a Asset,
    term: Cow<'a, Term>,
    auto_renew: Option<&'a Timeline<bool>>,
    /// The length of a term that begins by itself.
    pub term_months: u32,
    /// Whether its expiry ends maintenance only.
    pub perpetual: bool,
    notice_days: Option<u32>,
    cancel_by: Option<NaiveDate>,
}

/// What is known on a day of an asset's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpiryDay {
    /// The last day of the terms that are recorded.
    pub expiry_date: NaiveDate,
    /// If new terms begin by themselves after it: their length.
    pub rolls_months: Option<u32>,
}

/// How near an end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// Past.
    Expired,
    /// Within 7 days.
    Within7,
    /// Within 30 days.
    Within30,
    /// Within 60 days.
    Within60,
    /// Within 90 days.
    Within90,
    /// In more than 90 days.
    Later,
}

impl Bucket {
    /// The bucket of an end that is so many days ahead. An end today is not past: the day itself counts.
    #[must_use]
    pub fn of(days_left: i64) -> Self {
        match days_left {
            ..0 => Self::Expired,
            0..=7 => Self::Within7,
            8..=30 => Self::Within30,
            31..=60 => Self::Within60,
            61..=90 => Self::Within90,
            _ => Self::Later,
        }
    }

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Within7 => "within_7",
            Self::Within30 => "within_30",
            Self::Within60 => "within_60",
            Self::Within90 => "within_90",
            Self::Later => "later",
        }
    }
}

impl ExpiryDay {
    /// The end of the term that runs on `day`. Past its recorded end, what renews itself is presumed to have
    /// done so.
    #[must_use]
    pub fn expiry_on(&self, day: NaiveDate) -> NaiveDate {
        let Some(months) = self.rolls_months.filter(|_| day > self.expiry_date) else {
            return self.expiry_date;
        };
        calendar::term_end_from(self.expiry_date, months, day)
    }
}

impl<'a> Expiring<'a> {
    /// How an asset ends, by the roles of its type's fields, and what the catalog knows of its product.
    #[must_use]
    pub fn of(asset: &'a Asset, asset_type: &'a AssetType, catalog: &Catalog) -> Self {
        let whole = |role| match asset.value_with(asset_type, role) {
            Some(Value::Number(number)) => number.to_u32(),
            _ => None,
        };
        let date = |role| match asset.value_with(asset_type, role) {
            Some(Value::Date(date)) => Some(*date),
            _ => None,
        };
        let term = match asset.seen_through(asset_type) {
            Cow::Borrowed(asset) => Cow::Borrowed(&asset.term),
            Cow::Owned(asset) => Cow::Owned(asset.term),
        };
        let first_term_months = || {
            let first_end = term.expiry.iter().next()?.1.as_ref()?;
            let months = Asset::months_between(date(FieldRole::PurchaseDate)?, *first_end)?;
            (months <= FIRST_TERM_MONTHS_MAX).then_some(months)
        };
        let usual_notice = || {
            let text = |role| asset.text_with(asset_type, role);
            let known = catalog.resolve(text(FieldRole::Product), text(FieldRole::Sku))?;
            known.facts.notice_days
        };
        let auto_renew = asset_type
            .field_with(FieldRole::AutoRenew)
            .and_then(|field| asset.switches.get(&field.key));
        let term_months = whole(FieldRole::TermLength)
            .filter(|months| TERM_MONTHS.contains(months))
            .or_else(|| term.renewed_months())
            .or_else(first_term_months)
            .unwrap_or(TERM_MONTHS_DEFAULT);
        Self {
            asset,
            term,
            auto_renew,
            term_months,
            perpetual: asset.agreement(asset_type) == Some(Agreement::Perpetual),
            notice_days: whole(FieldRole::NoticeDays).or_else(usual_notice),
            cancel_by: date(FieldRole::CancelBy),
        }
    }

    /// Whether a term that ends on `day` is followed by another without anybody doing anything.
    #[must_use]
    pub fn renews_itself(&self, day: NaiveDate) -> bool {
        self.auto_renew.and_then(|switch| switch.at_or_first(day)) == Some(&true)
    }

    /// Whether a term runs on `day`. What has no expiry, or is owned for good, always runs.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        if self.perpetual {
            return true;
        }
        let Some(&Some(expiry)) = self.term.expiry.at_or_first(day) else {
            return true;
        };
        day <= expiry || self.covered_until(expiry).is_none_or(|last| day <= last)
    }

    /// The last day of the terms that follow a recorded end by themselves; none if they never stop.
    fn covered_until(&self, expiry: NaiveDate) -> Option<NaiveDate> {
        let mut end = expiry;
        while self.renews_itself(end) {
            // Until the switch is turned again, terms follow each other unasked.
            let turned = self.auto_renew?.next_after(end)?;
            end = calendar::term_end_from(expiry, self.term_months, turned);
        }
        Some(end)
    }

    /// What is known of its end on a day; none if it has none.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Option<ExpiryDay> {
        if self.asset.tracked.at_or_first(day) == Some(&false) {
            return None;
        }
        let recorded = self.term.end_from(day)?.expiry?;
        Some(match self.covered_until(recorded) {
            None => ExpiryDay {
                expiry_date: recorded,
                rolls_months: Some(self.term_months),
            },
            Some(last) if day > recorded => ExpiryDay {
                expiry_date: last,
                rolls_months: None,
            },
            Some(_) => ExpiryDay {
                expiry_date: recorded,
                rolls_months: None,
            },
        })
    }

    /// All its days, past and to come.
    #[must_use]
    pub fn days(&self) -> Vec<Interval<ExpiryDay>> {
        intervals(self.breakpoints().chain(self.asset.tracked.days()), |day| {
            self.on(day)
        })
    }

    /// The last day on which something can be done about the end `expiry`: to cancel what renews itself, to
    /// renew what does not.
    #[must_use]
    pub fn deadline(&self, expiry: NaiveDate) -> NaiveDate {
        if !self.renews_itself(expiry) {
            return expiry;
        }
        let term_start = expiry.checked_sub_months(chrono::Months::new(self.term_months));
        let of_this_term =
            |day: &NaiveDate| *day <= expiry && term_start.is_none_or(|start| *day > start);
        self.cancel_by.filter(of_this_term).unwrap_or_else(|| {
            let notice = chrono::Days::new(u64::from(self.notice_days.unwrap_or(0)));
            expiry.checked_sub_days(notice).unwrap_or(expiry)
        })
    }

    /// The days on which it may begin or cease to be in force, or its end may change.
    pub(crate) fn breakpoints(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        let ends = self.term.expiry.iter().flat_map(|(since, expiry)| {
            let after = |day: Option<NaiveDate>| day.and_then(|day| day.succ_opt());
            [
                Some(since),
                after(*expiry),
                after(expiry.and_then(|expiry| self.covered_until(expiry))),
            ]
        });
        ends.flatten()
            .chain(self.auto_renew.into_iter().flat_map(Timeline::days))
    }
}
