"""What will be left after some generations, predicted from replicates of a single one."""

from holdfast.collapse.forecasting.contamination import Meter, synthetic_share
from holdfast.collapse.forecasting.forecast import Forecast, forecast, forecast_numbers

__all__ = ["Forecast", "Meter", "forecast", "forecast_numbers", "synthetic_share"]
