case
    when {pool}.standing <> 'covered' then {pool}.standing
    when {pool}.spare >= {min_spare} and {pool}.spare * 100 >= {pool}.owned * {spare_ratio} and {pool}.spare > 0
        then 'over_licensed'
    else 'compliant'
end
