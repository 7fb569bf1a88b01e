//! What can be found.

/// What is found. The words are in JSON, in filters and in policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// More seats are in use than are owned.
    UnderLicensed,
    /// So many seats were spare for so long that they should be given back. For the review alone: no ticket.
    OverLicensed,
    /// Use beyond what is owned will be counted and billed soon.
    TrueUpDue,
    /// Fewer seats are free than the policy wants.
    FewFreeSeats,
    /// A term ends, and nothing renews it.
    Expiring,
    /// A term renews itself unless notice is given in time.
    RenewalNotice,
    /// A term has ended.
    Expired,
    /// A term has ended, and its seats are in use without a right to them.
    ExpiredInUse,
    /// Maintenance ends; what was bought stays.
    MaintenanceEnding,
    /// A term has renewed itself, as far as anybody knows: to be confirmed or corrected.
    ConfirmRenewal,
    /// A token asked for more secrets than its budget allows.
    RevealBudget,
    /// A person asks for it.
    ByHand,
}

/// What there is one alert of, and one ticket: kinds of one cause follow each other on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A pool has too few seats.
    Shortage,
    /// A pool has too many seats.
    Surplus,
    /// A pool will be billed for more.
    TrueUp,
    /// A pool has few free seats.
    FreeSeats,
    /// A term ends.
    Expiry,
    /// Maintenance ends.
    Maintenance,
    /// A term is presumed to have been renewed.
    PresumedRenewal,
    /// A token reveals too much.
    Reveals,
    /// A person asks for it.
    ByHand,
}

impl Kind {
    /// All kinds with their words.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::UnderLicensed, "under_licensed"),
        (Self::OverLicensed, "over_licensed"),
        (Self::TrueUpDue, "true_up_due"),
        (Self::FewFreeSeats, "few_free_seats"),
        (Self::Expiring, "expiring"),
        (Self::RenewalNotice, "renewal_notice"),
        (Self::Expired, "expired"),
        (Self::ExpiredInUse, "expired_in_use"),
        (Self::MaintenanceEnding, "maintenance_ending"),
        (Self::ConfirmRenewal, "confirm_renewal"),
        (Self::RevealBudget, "reveal_budget"),
        (Self::ByHand, "by_hand"),
    ];

    /// What it is a kind of.
    #[must_use]
    pub fn cause(self) -> Cause {
        match self {
            Self::UnderLicensed => Cause::Shortage,
            Self::OverLicensed => Cause::Surplus,
            Self::TrueUpDue => Cause::TrueUp,
            Self::FewFreeSeats => Cause::FreeSeats,
            Self::Expiring | Self::RenewalNotice | Self::Expired | Self::ExpiredInUse => {
                Cause::Expiry
            }
            Self::MaintenanceEnding => Cause::Maintenance,
            Self::ConfirmRenewal => Cause::PresumedRenewal,
            Self::RevealBudget => Cause::Reveals,
            Self::ByHand => Cause::ByHand,
        }
    }

    /// Whether it waits for the review, and makes no ticket and no mail of its own.
    #[must_use]
    pub fn is_for_review(self) -> bool {
        self == Self::OverLicensed
    }

    /// Among kinds of one cause the larger is the graver.
    #[must_use]
    pub fn gravity(self) -> u8 {
        match self {
            Self::ExpiredInUse => 3,
            Self::Expired => 2,
            _ => 1,
        }
    }
}

impl Cause {
    /// All causes with their words.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Shortage, "shortage"),
        (Self::Surplus, "surplus"),
        (Self::TrueUp, "true_up"),
        (Self::FreeSeats, "free_seats"),
        (Self::Expiry, "expiry"),
        (Self::Maintenance, "maintenance"),
        (Self::PresumedRenewal, "presumed_renewal"),
        (Self::Reveals, "reveals"),
        (Self::ByHand, "by_hand"),
    ];
    /// Those that a pool is reviewed for.
    pub(crate) const OF_POOL: [Self; 4] =
        [Self::Shortage, Self::Surplus, Self::TrueUp, Self::FreeSeats];
    /// Those that an asset is reviewed for.
    pub(crate) const OF_ASSET: [Self; 3] = [Self::Expiry, Self::Maintenance, Self::PresumedRenewal];
    /// Those that a token is reviewed for.
    pub(crate) const OF_TOKEN: [Self; 1] = [Self::Reveals];
}

crate::words::worded!(Kind, Cause);
