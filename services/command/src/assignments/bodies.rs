//! What is sent of assignments.

use domain::{asset::HolderKind, text};
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{access::HolderName, problem::Problem};

/// Seats for one user or device.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assigned {
    /// The user who gets them: a name that tells people apart, such as an address.
    #[schema(example = "ada@contoso.example", max_length = 200)]
    pub(super) user: Option<String>,
    /// Or the device.
    #[schema(max_length = 200)]
    pub(super) device: Option<String>,
    /// Or something else: a service, a room, a function.
    #[schema(max_length = 200)]
    pub(super) other: Option<String>,
    /// The company to which the seats are allocated; the license's own unless named.
    pub(super) company_id: Option<Uuid>,
    /// How many seats; one unless named.
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub(super) quantity: Option<Json>,
    /// The first day; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    pub(super) from: Option<String>,
    /// The last day, if one is known.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    pub(super) until: Option<String>,
    /// What is worth knowing of it.
    #[schema(max_length = 200)]
    pub(super) note: Option<String>,
}

/// Seats to be given: to one, with the members of an assignment, or to all in `assignments`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAssignments {
    /// Many at once: all of them or, if one is wrong, none.
    #[schema(min_items = 1, max_items = 1000)]
    assignments: Option<Vec<Assigned>>,
    /// The user who gets the seats.
    #[schema(max_length = 200)]
    user: Option<String>,
    /// Or the device.
    #[schema(max_length = 200)]
    device: Option<String>,
    /// Or something else.
    #[schema(max_length = 200)]
    other: Option<String>,
    /// The company to which the seats are allocated; the license's own unless named.
    company_id: Option<Uuid>,
    /// How many seats; one unless named.
    #[schema(value_type = Option<i64>, minimum = 1)]
    quantity: Option<Json>,
    /// The first day; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    from: Option<String>,
    /// The last day, if one is known.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    until: Option<String>,
    /// What is worth knowing of it.
    #[schema(max_length = 200)]
    note: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Assignments that end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Released {
    /// Which: all of them or, if one is wrong, none.
    #[schema(min_items = 1, max_items = 1000)]
    pub(super) assignment_ids: Vec<Uuid>,
    /// Their last day; today unless named. The day before an assignment's first takes it back altogether.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    pub(super) last_day: Option<String>,
    /// Why; shown in the history.
    pub(super) reason: Option<String>,
}

/// The end of one assignment.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleasedOne {
    /// Its last day; today unless named. The day before its first takes it back altogether.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    pub(super) last_day: Option<String>,
    /// Why; shown in the history.
    pub(super) reason: Option<String>,
}

/// Who gets the seats of another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Passed {
    /// The user.
    #[schema(max_length = 200)]
    pub(super) user: Option<String>,
    /// Or the device.
    #[schema(max_length = 200)]
    pub(super) device: Option<String>,
    /// Or something else.
    #[schema(max_length = 200)]
    pub(super) other: Option<String>,
    /// The first day; today unless named. The seats were the other's until the day before.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    pub(super) from: Option<String>,
    /// Why; shown in the history.
    pub(super) reason: Option<String>,
}

/// The assignment that a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct AssignmentPath {
    /// The license.
    pub(super) id: Uuid,
    /// The assignment.
    pub(super) assignment_id: Uuid,
}

/// Why nobody is named.
pub(super) struct Unnamed {
    /// The member that is wrong; none if it is not one of them alone.
    pub(super) field: Option<&'static str>,
    pub(super) message: String,
}

impl NewAssignments {
    /// The assignments, whether they were sent as a list, and why.
    pub(super) fn read(self) -> Result<(Vec<Assigned>, bool, Option<String>), Problem> {
        let Self {
            assignments,
            user,
            device,
            other,
            company_id,
            quantity,
            from,
            until,
            note,
            reason,
        } = self;
        let one = Assigned {
            user,
            device,
            other,
            company_id,
            quantity,
            from,
            until,
            note,
        };
        match assignments {
            None => Ok((vec![one], false, reason)),
            Some(many) if one.is_nothing() => Ok((many, true, reason)),
            Some(_) => Err(Problem::validation([domain::FieldError {
                field: "assignments".to_owned(),
                message: "stands beside an assignment: put that into the list".to_owned(),
            }])),
        }
    }
}

impl Assigned {
    /// Who gets the seats.
    pub(super) fn holder(&self) -> Result<HolderName, Unnamed> {
        named([&self.user, &self.device, &self.other].map(Option::as_deref))
    }

    fn is_nothing(&self) -> bool {
        let texts = [
            &self.user,
            &self.device,
            &self.other,
            &self.from,
            &self.until,
            &self.note,
        ];
        texts.iter().all(|text| text.is_none())
            && self.company_id.is_none()
            && self.quantity.is_none()
    }
}

/// The one of user, device and other that is named.
pub(super) fn named(names: [Option<&str>; 3]) -> Result<HolderName, Unnamed> {
    let kinds = HolderKind::ALL.into_iter().zip(names);
    let mut given = kinds.filter_map(|((kind, word), name)| Some((kind, word, name?)));
    let (Some((kind, field, name)), None) = (given.next(), given.next()) else {
        return Err(Unnamed {
            field: None,
            message: "name one of user, device and other".to_owned(),
        });
    };
    match text::line(name, text::NAME_LENGTH_MAX) {
        Ok(name) => Ok(HolderName::new(kind, name)),
        Err(error) => Err(Unnamed {
            field: Some(field),
            message: error.to_string(),
        }),
    }
}
