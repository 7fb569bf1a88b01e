{pool}.from_day <= $3::date and case when {pool}.until_day is null then 'infinity' else {pool}.until_day end >= $3
