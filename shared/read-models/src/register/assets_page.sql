-- $19 and $20 where the page before ended, $21 limit.
  and ($19::text is null or ({key}, a.asset_id) {beyond} ($19::text::{key_type}, $20::uuid))
order by {key} {direction}, a.asset_id {direction}
limit $21
) page
order by page.sort_key {direction}, page.asset_id {direction}
