-- Records of that time were lost, so that there may have been more. NULL: the row is older than this column.
ALTER TABLE candles ADD COLUMN gap @bool;
ALTER TABLE windows ADD COLUMN gap @bool;
ALTER TABLE pool_periods ADD COLUMN gap @bool;
