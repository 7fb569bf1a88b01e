-- $20 and $21 where the page before ended, $22 limit.
  and ($20::text is null or ({key}, a.asset_id) {beyond} ($20::text::{key_type}, $21::uuid))
order by {key} {direction}, a.asset_id {direction}
limit $22
) page
order by page.sort_key {direction}, page.asset_id {direction}
