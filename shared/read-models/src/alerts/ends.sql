-- Something of an end, its deadline or its maintenance is near, or not long ago, or was presumed.
(e.rolls_months is not null and e.expiry_date < $2)
or (expiry.rolled(e.expiry_date, e.rolls_months, $2) >= $2 - {expired_days}
    and expiry.deadline(expiry.rolled(e.expiry_date, e.rolls_months, $2), e.auto_renew, e.term_months, e.notice_days,
        e.cancel_by) <= $2 + rules.lead_days)
or (x.maintained_until between $2 and $2 + rules.lead_days)
