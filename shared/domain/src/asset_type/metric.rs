use crate::{
    text::snake_case,
    words::{named, word_of},
};

/// How the seats of a license are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Each user takes a seat.
    PerUser,
    /// Each device takes a seat.
    PerDevice,
    /// Each processor core takes a seat.
    PerCore,
    /// Each simultaneous use takes a seat: the peak counts.
    Concurrent,
    /// A whole site may use it; nothing is counted.
    Site,
    /// Consumption is reported and paid; it cannot run short.
    Usage,
}

/// On what terms seats are owned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    /// Owned for good: an expiry ends maintenance, never ownership.
    Perpetual,
    /// Owned while the term runs.
    Subscription,
    /// For trying out, until its expiry.
    Trial,
    /// Bound to the device it came with.
    Oem,
    /// Given to partners for their own use.
    NotForResale,
    /// Costs nothing.
    Free,
}

impl Metric {
    /// All metrics with their words in JSON.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::PerUser, "per_user"),
        (Self::PerDevice, "per_device"),
        (Self::PerCore, "per_core"),
        (Self::Concurrent, "concurrent"),
        (Self::Site, "site"),
        (Self::Usage, "usage"),
    ];

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }

    /// The metric that a word of [`Metric::ALL`] names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::ALL, word)
    }
}

impl Agreement {
    /// All agreements with their words in JSON.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Perpetual, "perpetual"),
        (Self::Subscription, "subscription"),
        (Self::Trial, "trial"),
        (Self::Oem, "oem"),
        (Self::NotForResale, "not_for_resale"),
        (Self::Free, "free"),
    ];

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }

    /// The agreement that a word of [`Agreement::ALL`] names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::ALL, word)
    }
}

/// What the label of a license type is known to mean. A label says how seats are counted, on what terms they
/// are owned, or both; the usual words of vendors' price lists and of the systems people come from.
pub(super) fn recognize(label: &str) -> Option<(Option<Metric>, Option<Agreement>)> {
    let word = snake_case(label);
    let word = word
        .trim_end_matches("_license")
        .trim_end_matches("_licence");
    Some(match word {
        "per_user" | "user" | "users" | "named_user" | "per_named_user" | "user_based" | "seat"
        | "per_seat" => (Some(Metric::PerUser), None),
        "per_device" | "device" | "devices" | "node" | "per_node" | "node_locked"
        | "workstation" | "endpoint" | "per_endpoint" | "computer" | "machine" | "per_machine"
        | "installation" | "server" | "per_server" => (Some(Metric::PerDevice), None),
        "per_core" | "core" | "cores" | "processor" | "per_processor" | "cpu" | "per_cpu" => {
            (Some(Metric::PerCore), None)
        }
        "concurrent" | "concurrent_user" | "concurrent_users" | "floating" | "network" => {
            (Some(Metric::Concurrent), None)
        }
        "site" | "site_wide" | "company_wide" | "enterprise" | "unlimited" => {
            (Some(Metric::Site), None)
        }
        "usage" | "usage_based" | "consumption" | "metered" | "pay_as_you_go" => {
            (Some(Metric::Usage), None)
        }
        "subscription" => (Some(Metric::PerUser), Some(Agreement::Subscription)),
        "perpetual" => (None, Some(Agreement::Perpetual)),
        "trial" | "evaluation" | "demo" => (None, Some(Agreement::Trial)),
        "oem" => (Some(Metric::PerDevice), Some(Agreement::Oem)),
        "nfr" | "not_for_resale" => (None, Some(Agreement::NotForResale)),
        "free" | "freeware" | "open_source" => (None, Some(Agreement::Free)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_license_types_of_the_usual_form_are_recognized() {
        for (label, metric, agreement) in [
            ("Per-user", Metric::PerUser, None),
            ("per-device", Metric::PerDevice, None),
            ("Site", Metric::Site, None),
            ("concurrent", Metric::Concurrent, None),
            (
                "Subscription",
                Metric::PerUser,
                Some(Agreement::Subscription),
            ),
            ("Site License", Metric::Site, None),
        ] {
            assert_eq!(recognize(label), Some((Some(metric), agreement)), "{label}");
        }
        assert_eq!(recognize("Whatever"), None);
    }
}
