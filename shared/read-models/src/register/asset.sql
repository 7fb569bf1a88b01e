  and a.asset_id = $6
) page
