set role seatledger_read_owner;
set maintenance_work_mem = '128MB';
set max_parallel_maintenance_workers = 0;
